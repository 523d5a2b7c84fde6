import { Prisma, type PrismaClient } from '../generated/client.ts';
import { storableJson } from '../storable.ts';

/** An answer as it is given again. */
export interface KeptAnswer {
  body: unknown;
  headers: Record<string, string>;
}

export type IdempotencyClaim =
  /** The caller does the work, creating under `createId`: the same for every attempt under this key. */
  | { state: 'held'; createId: string }
  | { state: 'answered'; bodyHash: string; answer: KeptAnswer }
  /** Somebody else is at it, or has died a moment ago. */
  | { state: 'running'; bodyHash: string; retryAfterSeconds: number };

/**
 * One row a key. Whoever inserts it, or finds its lease run out, holds it: a holder that died keeps nobody out for longer than the lease. Only the holder
 * may renew, answer or let go.
 */
export interface IdempotencyKeyRepository {
  /** `createId` counts if this is the first attempt. A key older than `keepMs` is as good as none. */
  claim(wanted: {
    scope: string;
    bodyHash: string;
    holder: string;
    createId: string;
    leaseMs: number;
    keepMs: number;
  }): Promise<IdempotencyClaim>;
  renew(held: { scope: string; holder: string; leaseMs: number }): Promise<void>;
  answer(held: { scope: string; holder: string; answer: KeptAnswer }): Promise<void>;
  /** `forget`: nothing has happened. Otherwise something may have, so the next attempt goes on under the same `createId`. */
  release(held: { scope: string; holder: string; forget: boolean }): Promise<void>;
  /** Removes keys older than `keepMs`; returns how many. */
  sweep(keepMs: number): Promise<number>;
}

interface Row {
  bodyHash: string;
  answer: KeptAnswer | null;
  seconds: number;
}

/** A key that is let go between the two questions is asked for again. */
const rounds = 5;

export function createIdempotencyKeyRepository(prisma: PrismaClient): IdempotencyKeyRepository {
  return {
    async claim({ scope, bodyHash, holder, createId, leaseMs, keepMs }) {
      for (let round = 0; round < rounds; round += 1) {
        const held = await prisma.$queryRaw<Array<{ createId: string }>>`
          INSERT INTO idempotency_key AS kept (scope, body_hash, create_id, holder, lease_until)
          VALUES (${scope}, ${bodyHash}, ${createId}::uuid, ${holder}::uuid, now() + ${leaseMs} * interval '1 millisecond')
          ON CONFLICT (scope) DO UPDATE SET holder = excluded.holder, lease_until = excluded.lease_until,
            body_hash = excluded.body_hash, answer = NULL,
            create_id = CASE WHEN kept.created_at < ${olderThan(keepMs)} THEN excluded.create_id ELSE kept.create_id END,
            created_at = CASE WHEN kept.created_at < ${olderThan(keepMs)} THEN now() ELSE kept.created_at END
          WHERE kept.created_at < ${olderThan(keepMs)}
            OR (kept.answer IS NULL AND kept.lease_until <= now() AND kept.body_hash = excluded.body_hash)
          RETURNING create_id AS "createId"`;
        if (held[0]) return { state: 'held', createId: held[0].createId };
        const [row] = await prisma.$queryRaw<Row[]>`
          SELECT body_hash AS "bodyHash", answer, ceil(extract(epoch FROM lease_until - now()))::int AS seconds
          FROM idempotency_key WHERE scope = ${scope}`;
        if (row?.answer) return { state: 'answered', bodyHash: row.bodyHash, answer: row.answer };
        if (row) return { state: 'running', bodyHash: row.bodyHash, retryAfterSeconds: Math.max(1, row.seconds) };
      }
      return { state: 'running', bodyHash, retryAfterSeconds: 1 };
    },

    async renew({ scope, holder, leaseMs }) {
      await prisma.$executeRaw`
        UPDATE idempotency_key SET lease_until = now() + ${leaseMs} * interval '1 millisecond'
        WHERE scope = ${scope} AND holder = ${holder}::uuid AND answer IS NULL`;
    },

    async answer({ scope, holder, answer }) {
      await prisma.$executeRaw`
        UPDATE idempotency_key SET answer = ${storableJson(answer)}::jsonb WHERE scope = ${scope} AND holder = ${holder}::uuid AND answer IS NULL`;
    },

    async release({ scope, holder, forget }) {
      const mine = Prisma.sql`scope = ${scope} AND holder = ${holder}::uuid AND answer IS NULL`;
      await prisma.$executeRaw(
        forget
          ? Prisma.sql`DELETE FROM idempotency_key WHERE ${mine}`
          : Prisma.sql`UPDATE idempotency_key SET lease_until = now() WHERE ${mine}`,
      );
    },

    sweep: (keepMs) => prisma.$executeRaw`DELETE FROM idempotency_key WHERE created_at < ${olderThan(keepMs)}`,
  };
}

const olderThan = (ms: number) => Prisma.sql`now() - ${ms} * interval '1 millisecond'`;
