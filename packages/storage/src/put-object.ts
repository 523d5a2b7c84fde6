import { createHash, randomUUID } from 'node:crypto';
import { mkdir, open, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import { UnavailableError } from '@gradeflow/errors';

const chunkBytes = 1024 * 1024;

/**
 * Writes an object below `root` so that it is there whole or not at all, also after a power loss: temporary file, sync, rename, sync of the folders up to
 * the root. With `sha256` (hex) the bytes are hashed on the way; others than expected throw UnavailableError STORAGE_HASH_MISMATCH and leave nothing.
 * Returns the number of bytes.
 */
export async function putObject(root: string, key: string, source: AsyncIterable<Uint8Array>, sha256?: string): Promise<number> {
  const temporary = path.join(root, '.tmp', randomUUID());
  await mkdir(path.dirname(temporary), { recursive: true });
  try {
    const written = await writeSynced(temporary, source);
    if (sha256 !== undefined && written.sha256 !== sha256) {
      throw new UnavailableError({ code: 'STORAGE_HASH_MISMATCH', detail: 'A file did not arrive in the storage as it was sent.' });
    }
    const target = path.join(root, key);
    await mkdir(path.dirname(target), { recursive: true });
    await rename(temporary, target);
    await syncUpwards(path.dirname(target), root);
    return written.bytes;
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
}

/** Pieces of a local file, read into fresh buffers of 1 MB. */
export async function* readPieces(file: string): AsyncIterable<Uint8Array> {
  const handle = await open(file, 'r');
  try {
    yield* handle.createReadStream({ highWaterMark: chunkBytes, autoClose: false });
  } finally {
    await handle.close();
  }
}

async function writeSynced(file: string, source: AsyncIterable<Uint8Array>): Promise<{ bytes: number; sha256: string }> {
  const hash = createHash('sha256');
  let bytes = 0;
  const handle = await open(file, 'wx');
  try {
    for await (const piece of source) {
      hash.update(piece);
      bytes += piece.byteLength;
      await handle.writeFile(piece); // Writes all of it at the current position; `write` may stop half way.
    }
    await handle.sync();
  } finally {
    await handle.close();
  }
  return { bytes, sha256: hash.digest('hex') };
}

/** New folders are safe once the folder that names them is synced. */
async function syncUpwards(folder: string, root: string): Promise<void> {
  for (let current = folder; current.length >= root.length; current = path.dirname(current)) {
    const handle = await open(current, 'r');
    try {
      await handle.sync();
    } finally {
      await handle.close();
    }
  }
}
