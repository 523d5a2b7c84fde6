import type { PrismaClient } from '../generated/client.ts';
import { storableJson } from '../storable.ts';

/** What models decided, by a hash of what they were asked. Holds places and decisions, no text. */
export interface ModelDecisionRepository {
  /** Of these keys those that are known. */
  find(keys: readonly string[]): Promise<Map<string, unknown>>;
  /** What is known already stays as it is. */
  save(decisions: ReadonlyMap<string, object>): Promise<void>;
}

/** A term: after it nobody grades these answers again. */
const keptDays = 180;
/** Old ones that go with every save. */
const maxRemoved = 100;

export function createModelDecisionRepository(prisma: PrismaClient): ModelDecisionRepository {
  return {
    async find(keys) {
      const rows = await prisma.$queryRaw<Array<{ key: string; decision: unknown }>>`
        SELECT key, decision FROM model_decision WHERE key = ANY (${[...keys]}::text[]) AND created_at > now() - ${keptDays}::int * interval '1 day'`;
      return new Map(rows.map(({ key, decision }) => [key, decision]));
    },

    async save(decisions) {
      if (decisions.size === 0) return;
      await prisma.$executeRaw`
        WITH old AS (
          DELETE FROM model_decision WHERE key IN (
            SELECT key FROM model_decision WHERE created_at <= now() - ${keptDays}::int * interval '1 day' ORDER BY key LIMIT ${maxRemoved} FOR UPDATE SKIP LOCKED))
        INSERT INTO model_decision (key, decision) SELECT key, value FROM jsonb_each(${storableJson(Object.fromEntries(decisions))}::jsonb) ORDER BY key
        ON CONFLICT (key) DO UPDATE SET decision = EXCLUDED.decision, created_at = now() WHERE model_decision.created_at <= now() - ${keptDays}::int * interval '1 day'`;
    },
  };
}
