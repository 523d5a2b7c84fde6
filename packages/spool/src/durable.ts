import { randomUUID } from 'node:crypto';
import { closeSync, fsync, open, openSync, write, writeSync } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';

const openFile = promisify(open);
/** Of a descriptor that `withDescriptor` gave. */
export const syncDescriptor = promisify(fsync);

/**
 * Opens a file or folder for the time of `work`. Closing needs no thread of the pool: of what was synced it is a matter of microseconds, while each round
 * through the pool costs the event loop a tenth of a millisecond.
 */
export async function withDescriptor<T>(file: string, flags: 'r' | 'wx', work: (descriptor: number) => Promise<T>): Promise<T> {
  const descriptor = await openFile(file, flags);
  try {
    return await work(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

/** Makes the names in a folder survive a power loss. Opened without the pool: the kernel knows a folder in which something was just made. */
export async function syncFolder(folder: string): Promise<void> {
  const descriptor = openSync(folder, 'r');
  try {
    await syncDescriptor(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

/** Writes and syncs a file that must not be there yet; the name itself is safe only after `syncFolder`. */
export function writeSynced(file: string, content: string | Uint8Array): Promise<void> {
  return withDescriptor(file, 'wx', async (descriptor) => {
    await writeFully(descriptor, Buffer.from(content));
    await syncDescriptor(descriptor);
  });
}

/** All of it, also where the volume takes a part at a time; one that takes nothing more says why. */
export async function writeFully(descriptor: number, content: Uint8Array): Promise<void> {
  for (let rest = content; rest.length > 0; ) {
    const { bytesWritten } = rest.length <= smallBytes ? { bytesWritten: writeSync(descriptor, rest) } : await writeSome(descriptor, rest);
    rest = rest.subarray(bytesWritten);
  }
}
/** Copied into the kernel's memory sooner than a thread of the pool is woken. */
const smallBytes = 16_384;
const writeSome = promisify(write);

/** A complete file under its name or none: temporary name, sync, rename, sync of the folder. Replaces what is there. */
export async function writeDurable(file: string, content: string | Uint8Array): Promise<void> {
  const folder = path.dirname(file);
  const temporary = path.join(folder, `.${randomUUID()}.tmp`);
  try {
    await writeSynced(temporary, content);
    await rename(temporary, file);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
  await syncFolder(folder);
}
