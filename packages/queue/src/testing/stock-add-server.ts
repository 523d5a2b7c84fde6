import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Queue } from 'bullmq';

/** Run by a bench, beside a Redis that fails: each request adds a job by a queue as BullMQ makes it when nothing is said. Argument: Redis. Prints its address. */
const { hostname, port, password } = new URL(process.argv[2] ?? '');
const queue = new Queue('stock', { connection: { host: hostname, port: Number(port), password: decodeURIComponent(password) } });
queue.on('error', () => {});
const server = createServer((_req, res) => {
  queue.add('grade', { id: 'x' }).then(
    () => res.end(),
    () => res.writeHead(503).end(),
  );
});
server.listen(0, '127.0.0.1', () => process.stdout.write(`http://127.0.0.1:${(server.address() as AddressInfo).port}\n`));
