import { once } from 'node:events';
import type { Writable } from 'node:stream';

/** Writes and waits while the reader is slow, so that results of any size pass in little memory. */
export async function writeAll(out: Writable, text: string): Promise<void> {
  if (!out.write(text)) await once(out, 'drain');
}
