import { randomUUID } from 'node:crypto';
import { PrismaPg } from '@prisma/adapter-pg';
import { PrismaClient } from '../generated/client.ts';

/** A client as Prisma makes it when nothing is said: for benches that show what that does. */
export function createStockClient(url: string): { insert(): Promise<unknown>; close(): Promise<void> } {
  const prisma = new PrismaClient({ adapter: new PrismaPg({ connectionString: url }) });
  return {
    insert: () => prisma.institution.create({ data: { id: randomUUID(), name: 'An institution' } }),
    close: () => prisma.$disconnect(),
  };
}
