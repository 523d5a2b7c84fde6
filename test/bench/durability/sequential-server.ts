/** An upload handler as one would write it first: body to the disk, a row, a job, then 202. Arguments: Redis, Postgres, folder. Its address goes to stdout. */
import { randomUUID } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { pipeline } from 'node:stream/promises';
import express from 'express';
import { createStockClient } from '../../../packages/database/src/testing/stock-client.ts';
import { createStockQueue } from '../../../packages/queue/src/testing/stock-queue.ts';

const [redisUrl = '', postgresUrl = '', dataDir = ''] = process.argv.slice(2);
const folder = path.join(dataDir, 'sequential');
await mkdir(folder);
const queue = createStockQueue(redisUrl);
const client = createStockClient(postgresUrl);
const app = express();
app.post('/upload', async (req, res) => {
  await pipeline(req, createWriteStream(path.join(folder, randomUUID())));
  await client.insert();
  await queue.add();
  res.status(202).json({});
});
const server = app.listen(0, '127.0.0.1', () => process.stdout.write(`http://127.0.0.1:${(server.address() as AddressInfo).port}\n`));
