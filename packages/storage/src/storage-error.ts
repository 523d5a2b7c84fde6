import { types } from 'node:util';
import { AppError, InsufficientStorageError, NotFoundError, UnavailableError } from '@gradeflow/errors';

/** What a fault of the file system means to a caller; other errors come back as they are. */
export function toStorageError(error: unknown): unknown {
  if (error instanceof AppError || !types.isNativeError(error) || !('syscall' in error)) return error;
  const code = String((error as NodeJS.ErrnoException).code);
  switch (code) {
    case 'ENOSPC':
    case 'EDQUOT':
      return new InsufficientStorageError({ detail: 'The storage is full.', cause: error });
    case 'EROFS':
    case 'EACCES':
    case 'EPERM':
      return new UnavailableError({ code: 'STORAGE_NOT_WRITABLE', detail: `The storage can't be written (${code}).`, cause: error });
    case 'ENOENT':
    case 'EISDIR':
      return new NotFoundError({ code: 'STORAGE_OBJECT_MISSING', detail: 'There is no such file in the storage.', cause: error });
    default:
      return new UnavailableError({ code: 'STORAGE_UNAVAILABLE', detail: `The storage does not work (${code}).`, cause: error });
  }
}

/** Runs file system work and translates its faults. */
export async function withStorageErrors<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw toStorageError(error);
  }
}
