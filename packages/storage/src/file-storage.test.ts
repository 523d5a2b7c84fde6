import { readdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { createTempDir } from '@gradeflow/testing';
import { expect, it } from '@jest/globals';
import { storageConformance } from './conformance.ts';
import { createFileStorage } from './file-storage.ts';

storageConformance('the file system', async () => {
  const folder = await createTempDir();
  return { storage: createFileStorage({ root: path.join(folder.path, 'storage') }), close: folder.remove };
});

it('leaves no temporary file behind, whether a file was taken or refused', async () => {
  const folder = await createTempDir();
  const storage = createFileStorage({ root: folder.path });
  await storage.putBytes('a/1', Buffer.from('taken'));
  await expect(storage.putFile('a/2', path.join(folder.path, 'a/1'), { sha256: '0'.repeat(64) })).rejects.toThrow();
  await storage.probe();
  expect(await readdir(path.join(folder.path, '.tmp'))).toEqual([]);
  await folder.remove();
});

it('says that the storage does not work where its root is a file', async () => {
  const folder = await createTempDir();
  await writeFile(path.join(folder.path, 'root'), '');
  const storage = createFileStorage({ root: path.join(folder.path, 'root') });
  const unavailable = expect.objectContaining({ code: 'STORAGE_UNAVAILABLE', retryable: true });
  await expect(storage.probe()).rejects.toEqual(unavailable);
  await expect(storage.putBytes('a/1', Buffer.from('x'))).rejects.toEqual(unavailable);
  await folder.remove();
});
