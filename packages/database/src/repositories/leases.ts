import { ConflictError } from '@gradeflow/errors';
import type { Prisma, PrismaClient } from '../generated/client.ts';

/** What a process holds that does alone what only one may do at a time. */
export interface Lease {
  name: string;
  /** Rises whenever the lease changes hands. */
  fence: number;
}

/** All times are the database's: whose clock goes wrong holds nothing longer. */
export interface LeaseRepository {
  /** Takes the lease, or renews it for whoever holds it. Null while somebody else does. A `holder` is one start of one process. */
  take(wanted: { name: string; holder: string; ttlMs: number }): Promise<Lease | null>;
  /** Lets others have it at once; nothing when it has changed hands. */
  release(lease: Lease): Promise<void>;
}

export function createLeaseRepository(prisma: PrismaClient): LeaseRepository {
  return {
    take: async ({ name, holder, ttlMs }) => {
      const [row] = await prisma.$queryRaw<Array<{ fence: bigint }>>`
        INSERT INTO lease AS held (name, holder, fence, expires_at)
        VALUES (${name}, ${holder}, 1, clock_timestamp() + ${ttlMs} * interval '1 millisecond')
        ON CONFLICT (name) DO UPDATE SET
          holder = excluded.holder,
          fence = held.fence + CASE WHEN held.holder = excluded.holder AND held.expires_at > clock_timestamp() THEN 0 ELSE 1 END,
          expires_at = excluded.expires_at
        WHERE held.holder = excluded.holder OR held.expires_at <= clock_timestamp()
        RETURNING held.fence`;
      return row ? { name, fence: Number(row.fence) } : null;
    },
    release: async ({ name, fence }) => {
      await prisma.$executeRaw`UPDATE lease SET expires_at = clock_timestamp() - interval '1 second' WHERE name = ${name} AND fence = ${fence}`;
    },
  };
}

/**
 * In the transaction of a write that only the holder may do: nobody can take the lease over before it has ended. Without a lease, nothing.
 * Throws ConflictError LEASE_LOST when it has changed hands.
 */
export async function requireLease(tx: Prisma.TransactionClient, lease: Lease | undefined): Promise<void> {
  if (!lease) return;
  const rows = await tx.$queryRaw<unknown[]>`SELECT 1 FROM lease WHERE name = ${lease.name} AND fence = ${lease.fence} FOR SHARE`;
  if (rows.length === 0) throw new ConflictError({ code: 'LEASE_LOST', detail: `Another process has ${lease.name} by now.` });
}
