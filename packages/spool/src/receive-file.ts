import { createHash } from 'node:crypto';
import { type FileHandle, open, rm } from 'node:fs/promises';
import type { Readable } from 'node:stream';
import { RefusedFileError } from '@gradeflow/errors';
import type { ReceivedFile } from './types.ts';

/** Large writes cost a third of the CPU of many small ones; more than this gains nothing and costs memory for each upload. */
const batchBytes = 1024 * 1024;
/** Below the 1,024 buffers that one writev takes on Linux. */
const batchChunks = 512;

/**
 * Streams `source` into a new file at `absolutePath`: collected to about 1 MB, hashed on the way, synced before it resolves. Reading waits while a batch
 * is written. On any failure (source error or premature close, refusal, full disk) the file is removed, the source destroyed, and the promise rejects.
 */
export async function receiveFile(absolutePath: string, source: Readable, limits: { maxBytes: number }): Promise<ReceivedFile> {
  // An error while the file is being opened would find no listener and end the process; the loop below still sees it.
  source.on('error', () => {});
  const handle = await open(absolutePath, 'wx');
  try {
    const { bytes, sha256 } = await writeAll(handle, source, limits.maxBytes);
    if (bytes === 0) throw new RefusedFileError({ code: 'EMPTY_FILE', detail: 'The file is empty.' });
    await handle.sync();
    await handle.close();
    return { absolutePath, bytes, sha256 };
  } catch (error) {
    await handle.close();
    await rm(absolutePath, { force: true });
    source.destroy();
    throw error;
  }
}

async function writeAll(handle: FileHandle, source: Readable, maxBytes: number): Promise<{ bytes: number; sha256: string }> {
  const hash = createHash('sha256');
  let batch: Buffer[] = [];
  let pending = 0;
  let bytes = 0;
  for await (const chunk of source as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > maxBytes) {
      throw new RefusedFileError({ code: 'FILE_TOO_LARGE', detail: `The file is larger than the ${maxBytes} bytes that are allowed.` });
    }
    hash.update(chunk);
    batch.push(chunk);
    pending += chunk.length;
    if (pending < batchBytes && batch.length < batchChunks) continue;
    await writeBatch(handle, batch, pending);
    batch = [];
    pending = 0;
  }
  await writeBatch(handle, batch, pending);
  return { bytes, sha256: hash.digest('hex') };
}

/** One writev; it may write less than asked (a disk that is nearly full), so the rest is written again and then says why. */
async function writeBatch(handle: FileHandle, batch: Buffer[], size: number): Promise<void> {
  if (size === 0) return;
  const { bytesWritten } = await handle.writev(batch);
  if (bytesWritten < size) await handle.writeFile(Buffer.concat(batch).subarray(bytesWritten));
}
