import { randomUUID } from 'node:crypto';
import { mkdir, open, readFile, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import { UnavailableError } from '@gradeflow/errors';
import { putObject, readPieces } from './put-object.ts';
import { toStorageError, withStorageErrors } from './storage-error.ts';
import { checkedKey } from './storage-key.ts';
import type { Storage } from './types.ts';

/**
 * Storage on a file system: the object of key `a/b.pdf` is the file `root/a/b.pdf`. `root` is an absolute folder shared by all processes; it is made
 * when it is missing. Errors: PermanentError STORAGE_KEY_INVALID, NotFoundError STORAGE_OBJECT_MISSING, InsufficientStorageError,
 * UnavailableError STORAGE_NOT_WRITABLE, STORAGE_UNAVAILABLE or STORAGE_HASH_MISMATCH.
 */
export function createFileStorage(options: { root: string }): Storage {
  const root = path.resolve(options.root);
  const fileOf = (key: string) => path.join(root, checkedKey(key));
  return {
    putFile: (key, absolutePath, expected) =>
      withStorageErrors(async () => ({ key, bytes: await putObject(root, checkedKey(key), readPieces(absolutePath), expected?.sha256) })),
    putBytes: (key, bytes) => withStorageErrors(async () => ({ key, bytes: await putObject(root, checkedKey(key), onePiece(bytes)) })),
    find: (key) => withStorageErrors(() => findObject(key, fileOf(key))),
    async read(key, range) {
      // Opened here, so that a missing object is an error of this call and not of the stream.
      const handle = await withStorageErrors(() => open(fileOf(key), 'r'));
      return handle.createReadStream(range);
    },
    readBytes: (key) => withStorageErrors(() => readFile(fileOf(key))),
    removeAll: (prefix) => withStorageErrors(() => rm(fileOf(prefix), { recursive: true, force: true })),
    probe: () => probe(root),
  };
}

async function* onePiece(bytes: Uint8Array): AsyncIterable<Uint8Array> {
  yield bytes;
}

async function findObject(key: string, file: string): Promise<{ key: string; bytes: number } | null> {
  const found = await stat(file).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return null;
    throw error;
  });
  return found?.isFile() ? { key, bytes: found.size } : null;
}

async function probe(root: string): Promise<void> {
  const name = `.tmp/probe-${randomUUID()}`;
  try {
    await mkdir(root, { recursive: true });
    await putObject(root, name, onePiece(Buffer.from('probe')));
    if ((await readFile(path.join(root, name), 'utf8')) !== 'probe') throw new Error('a file does not read as it was written');
  } catch (error) {
    const known = toStorageError(error);
    if (known instanceof UnavailableError) throw known;
    const words = known instanceof Error ? known.message : String(known);
    throw new UnavailableError({ code: 'STORAGE_UNAVAILABLE', detail: `The storage does not work: ${words}`, cause: error });
  } finally {
    await rm(path.join(root, name), { force: true }).catch(() => {}); // A probe that can't be removed says nothing about reading and writing.
  }
}
