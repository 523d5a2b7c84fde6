import { createHash } from 'node:crypto';
import { writev } from 'node:fs';
import { rm } from 'node:fs/promises';
import type { Readable } from 'node:stream';
import { promisify } from 'node:util';
import { RefusedFileError } from '@gradeflow/errors';
import { syncDescriptor, withDescriptor, writeFully } from './durable.ts';
import type { ReceivedFile, ReceiveLimits } from './types.ts';

/** Makes what was written to an open file survive a power loss. */
export type SyncFile = (descriptor: number) => Promise<void>;

/** Large writes cost a third of the CPU of many small ones; more than this gains nothing and costs memory for each upload. */
const defaultBatchBytes = 1024 * 1024;
/** Below the 1,024 buffers that one writev takes on Linux. */
const batchChunks = 512;

const writeMany = promisify(writev);

/**
 * Streams `source` into a new file at `absolutePath`: collected to about 1 MB, hashed on the way. Reading waits while a batch is written. On any failure (source
 * error or premature close, refusal, full disk) the file is removed, the source destroyed, and the promise rejects. Resolves once all is written: it may be
 * looked at then, and is safe when `synced` has resolved, which rejects when the volume does not take it. The file stays open until that has settled.
 */
export async function receiveFile(
  absolutePath: string,
  source: Readable,
  limits: ReceiveLimits,
  sync: SyncFile = syncDescriptor,
): Promise<{ file: ReceivedFile; synced: Promise<void> }> {
  // An error while the file is being opened would find no listener and end the process; the loop below still sees it.
  source.on('error', () => {});
  const written = Promise.withResolvers<ReceivedFile>();
  let made = false;
  const synced = withDescriptor(absolutePath, 'wx', async (descriptor) => {
    made = true;
    const { bytes, sha256 } = await writeAll(descriptor, source, limits);
    if (bytes === 0) throw new RefusedFileError({ code: 'EMPTY_FILE', detail: 'The file is empty.' });
    written.resolve({ absolutePath, bytes, sha256 });
    await sync(descriptor);
  });
  // Told to whoever waits for it, now or later; without effect once the file was written.
  synced.catch(written.reject);
  try {
    return { file: await written.promise, synced };
  } catch (error) {
    if (made) await rm(absolutePath, { force: true });
    source.destroy();
    throw error;
  }
}

async function writeAll(descriptor: number, source: Readable, limits: ReceiveLimits): Promise<{ bytes: number; sha256: string }> {
  const { maxBytes, batchBytes = defaultBatchBytes, admit } = limits;
  const hash = createHash('sha256');
  let batch: Buffer[] = [];
  let pending = 0;
  let bytes = 0;
  const flush = async () => {
    admit?.(pending);
    await writeBatch(descriptor, batch, pending);
    if (limits.ownsChunks) for (const chunk of batch) release(chunk);
    batch = [];
    pending = 0;
  };
  for await (const chunk of source as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > maxBytes) {
      throw new RefusedFileError({
        code: 'FILE_TOO_LARGE',
        detail: `The file is larger than the ${maxBytes} bytes that are allowed.`,
      });
    }
    hash.update(chunk);
    batch.push(chunk);
    pending += chunk.length;
    if (pending >= batchBytes || batch.length >= batchChunks) await flush();
  }
  await flush();
  return { bytes, sha256: hash.digest('hex') };
}

/** One writev; it may write less than asked (a disk that is nearly full), so the rest is written again and then says why. */
async function writeBatch(descriptor: number, batch: Buffer[], size: number): Promise<void> {
  if (size === 0) return;
  const { bytesWritten } = await writeMany(descriptor, batch);
  if (bytesWritten < size) await writeFully(descriptor, Buffer.concat(batch).subarray(bytesWritten));
}

/**
 * Gives the memory back now. Left to the collector it makes the runtime look through the whole heap every 64 MB, which costs more than all else of an upload
 * once the process is as large as a gateway. A part of a larger piece of memory is left alone: others may use the rest.
 */
function release({ buffer, byteLength }: Buffer): void {
  if (buffer instanceof ArrayBuffer && buffer.byteLength === byteLength) buffer.transfer(0);
}
