import { randomUUID } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { PrismaPg } from '@prisma/adapter-pg';
import { PrismaClient } from '../generated/client.ts';

/** Run by a bench, beside a Postgres that fails: each request inserts a row by a client as Prisma makes it when nothing is said. Argument: Postgres. Prints its address. */
const prisma = new PrismaClient({ adapter: new PrismaPg({ connectionString: process.argv[2] ?? '' }) });
const server = createServer((_req, res) => {
  prisma.institution.create({ data: { id: randomUUID(), name: 'An institution' } }).then(
    () => res.end(),
    () => res.writeHead(503).end(),
  );
});
server.listen(0, '127.0.0.1', () => process.stdout.write(`http://127.0.0.1:${(server.address() as AddressInfo).port}\n`));
