import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { Readable } from 'node:stream';
import type { Storage } from '@gradeflow/storage';
import type { ByteSource } from '../../http/send-file.ts';

/** An object of the storage that is there. */
export const stored = (storage: Storage, key: string, bytes: number): ByteSource => ({ bytes, read: (range) => storage.read(key, range) });

/** A local file that is there; `fileSize` tells its length. */
export const onDisk = (absolutePath: string, bytes: number): ByteSource => ({
  bytes,
  read: async (range) => createReadStream(absolutePath, range),
});

function inMemory(bytes: Uint8Array): ByteSource {
  return {
    bytes: bytes.byteLength,
    read: async (range) => Readable.from([range ? bytes.subarray(range.start, range.end + 1) : bytes], { objectMode: false }),
  };
}

/** Null when there is no such file. */
export async function fileSize(absolutePath: string): Promise<number | null> {
  try {
    return (await stat(absolutePath)).size;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
}

/** What is made of other bytes: made once and, when it may be kept, found in the storage from then on. */
export async function madeOnce(
  storage: Storage,
  { key, keep }: { key: string; keep: boolean },
  make: () => Promise<Uint8Array>,
): Promise<ByteSource> {
  const known = await storage.find(key);
  if (known) return stored(storage, key, known.bytes);
  const bytes = await make();
  if (!keep) return inMemory(bytes);
  await storage.putBytes(key, bytes);
  return stored(storage, key, bytes.byteLength);
}
