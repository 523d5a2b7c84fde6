export { createFileStorage } from './file-storage.ts';
export { type Storage, type StoredObject, storageKeys } from './types.ts';
