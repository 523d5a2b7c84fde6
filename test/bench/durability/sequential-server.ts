/** An upload handler as one would write it first: body to the disk, a row, a job, then 202. Arguments: who adds the job, who inserts the row, folder. Its address goes to stdout. */
import { randomUUID } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { pipeline } from 'node:stream/promises';
import express from 'express';

const [adder = '', inserter = '', dataDir = ''] = process.argv.slice(2);
const folder = path.join(dataDir, 'sequential');
await mkdir(folder);
const app = express();
app.post('/upload', async (req, res) => {
  await pipeline(req, createWriteStream(path.join(folder, randomUUID())));
  for (const url of [inserter, adder]) if (!(await fetch(url, { method: 'POST' })).ok) throw new Error('not written');
  res.status(202).json({});
});
const server = app.listen(0, '127.0.0.1', () => process.stdout.write(`http://127.0.0.1:${(server.address() as AddressInfo).port}\n`));
