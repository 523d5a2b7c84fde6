import type { PrismaClient } from '../generated/client.ts';

/** The number that cached answers are kept under; see packages/redis. */
export interface CacheEpochRepository {
  find(): Promise<number>;
  /** The next one, committed. */
  raise(): Promise<number>;
}

export function createCacheEpochRepository(prisma: PrismaClient): CacheEpochRepository {
  const raise = async (): Promise<number> => {
    const [row] = await prisma.$queryRaw<[{ epoch: bigint }]>`
      INSERT INTO cache_epoch AS kept (id, epoch) VALUES (1, 1) ON CONFLICT (id) DO UPDATE SET epoch = kept.epoch + 1 RETURNING kept.epoch`;
    return Number(row.epoch);
  };
  return {
    find: async () => {
      const [row] = await prisma.$queryRaw<Array<{ epoch: bigint }>>`SELECT epoch FROM cache_epoch WHERE id = 1`;
      return row ? Number(row.epoch) : raise();
    },
    raise,
  };
}
