import { UnavailableError } from '@gradeflow/errors';
import { BulkheadRejectedError, bulkhead } from 'cockatiel';
import { databaseAway, type PostgresGuard } from './postgres-guard.ts';

/**
 * Lets a few through to Postgres at a time; the others wait in order. Throws UnavailableError when too many wait already, and DATABASE_UNAVAILABLE, to those who wait too,
 * while Postgres is away.
 */
export type Turnstile = <T>(work: () => Promise<T>) => Promise<T>;

/**
 * For calls that come in bursts: a class that enters a room, many links at once. They wait here, where waiting costs nothing, and not for a connection, where it ends with an
 * error after a second.
 */
export function createTurnstile(options: { guard: PostgresGuard; atOnce: number; waiting: number }): Turnstile {
  const policy = bulkhead(options.atOnce, options.waiting);
  return async (work) => {
    const asked = await policy
      .execute(() => options.guard.ask(work))
      .catch((cause: unknown) => {
        if (!(cause instanceof BulkheadRejectedError)) throw cause;
        throw new UnavailableError({ detail: 'Too many people want this at once; try again in a moment.', cause });
      });
    if (!asked.answered) throw databaseAway();
    return asked.value;
  };
}
