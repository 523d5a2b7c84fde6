import { Readable } from 'node:stream';
import { setTimeout } from 'node:timers/promises';
import { createSpool } from '../index.ts';

/** Run by a test, which kills it: an upload that never ends. Arguments: spool root, id. */
const [root = '', id = ''] = process.argv.slice(2);
const entry = await createSpool({ root }).begin(id);
async function* chunks() {
  for (;;) {
    yield Buffer.alloc(65_536, 'x');
    await setTimeout(1);
  }
}
await entry.receiveFile(0, Readable.from(chunks()), { maxBytes: 1e9 });
