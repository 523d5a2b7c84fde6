import { hash, randomBytes } from 'node:crypto';
import type { Database } from '@gradeflow/database';
import { UnauthorizedError } from '@gradeflow/errors';
import { databaseAway, type PostgresGuard } from '../access/postgres-guard.ts';
import type { Session } from './access-token.ts';

/** Keys with which machines sign in: `gf_` and 32 random bytes. */
export interface ApiKeys {
  /** A new key and what is stored of it. */
  make(): { key: string; keyHash: string };
  /**
   * Whom the key stands for. While Postgres is silent the last verified copy counts, 15 minutes at most. Throws UnauthorizedError, UnavailableError
   * DATABASE_UNAVAILABLE.
   */
  verify(key: string): Promise<Session>;
}

const copyMs = 15 * 60_000;
const maxCopies = 10_000;
const form = /^gf_[\w-]{43}$/;

export const isApiKey = (bearer: string): boolean => bearer.startsWith('gf_');

export function createApiKeys({ database, guard }: { database: Pick<Database, 'apiKeys'>; guard: PostgresGuard }): ApiKeys {
  const copies = new Map<string, { session: Session; until: number }>();
  const hashOf = (key: string) => hash('sha256', key);

  const keep = (keyHash: string, session: Session | null) => {
    copies.delete(keyHash);
    if (session === null) return;
    if (copies.size >= maxCopies) copies.delete(copies.keys().next().value ?? '');
    copies.set(keyHash, { session, until: Date.now() + copyMs });
  };
  const lastCopy = (keyHash: string): Session => {
    const copy = copies.get(keyHash);
    if (!copy || copy.until < Date.now()) throw databaseAway();
    return copy.session;
  };

  return {
    make: () => {
      const key = `gf_${randomBytes(32).toString('base64url')}`;
      return { key, keyHash: hashOf(key) };
    },

    verify: async (key) => {
      if (!form.test(key)) throw unknownKey();
      const keyHash = hashOf(key);
      const asked = await guard.ask(() => database.apiKeys.findActor(keyHash));
      const session = asked.answered ? sessionOf(asked.value) : lastCopy(keyHash);
      if (asked.answered) keep(keyHash, session);
      if (session === null || session.expiresAt * 1000 <= Date.now()) throw unknownKey();
      return session;
    },
  };
}

function sessionOf(found: Awaited<ReturnType<Database['apiKeys']['findActor']>>): Session | null {
  if (!found) return null;
  const expiresAt = found.expiresAt === null ? Number.POSITIVE_INFINITY : found.expiresAt.getTime() / 1000;
  return { ...found.actor, sessionId: found.id, kind: 'api-key', expiresAt };
}

function unknownKey(): UnauthorizedError {
  return new UnauthorizedError({ detail: 'This API key is not valid or has expired.' });
}
