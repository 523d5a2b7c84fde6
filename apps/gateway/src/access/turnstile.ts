import { UnavailableError } from '@gradeflow/errors';
import { BulkheadRejectedError, bulkhead } from 'cockatiel';

/** Lets a few through at a time; the others wait in order. Throws UnavailableError when too many wait already. */
export type Turnstile = <T>(work: () => Promise<T>) => Promise<T>;

/**
 * For calls that come in bursts: a class that enters a room, a list that is shared at once. They wait here, where waiting costs nothing, and not for a connection to Postgres,
 * where it ends with an error after a second.
 */
export function createTurnstile({ atOnce, waiting }: { atOnce: number; waiting: number }): Turnstile {
  const policy = bulkhead(atOnce, waiting);
  return async (work) => {
    try {
      return await policy.execute(work);
    } catch (cause) {
      if (cause instanceof BulkheadRejectedError)
        throw new UnavailableError({ detail: 'Too many people want this at once; try again in a moment.', cause });
      throw cause;
    }
  };
}
