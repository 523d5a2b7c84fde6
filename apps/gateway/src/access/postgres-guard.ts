import { AppError, UnavailableError } from '@gradeflow/errors';
import { ConsecutiveBreaker, circuitBreaker, handleWhen, TimeoutStrategy, timeout, wrap } from 'cockatiel';

export type Asked<T> = { answered: true; value: T } | { answered: false };

/** Questions to Postgres that have an answer without it. */
export interface PostgresGuard {
  /** What `work` gives, or `answered: false` when Postgres is away, silent or was so a moment ago. What the work refuses (4xx) is thrown on. */
  ask<T>(work: () => Promise<T>): Promise<Asked<T>>;
}

/** A silent Postgres costs one request the deadline; the others find the breaker open until it is tried again. */
export function createPostgresGuard(options: { deadlineMs: number; restMs?: number }): PostgresGuard {
  const isAway = (error: unknown) => !(error instanceof AppError && error.status < 500);
  const policy = wrap(
    circuitBreaker(handleWhen(isAway), { halfOpenAfter: options.restMs ?? 1_000, breaker: new ConsecutiveBreaker(1) }),
    timeout(options.deadlineMs, TimeoutStrategy.Aggressive),
  );
  return {
    ask: async (work) => {
      try {
        return { answered: true, value: await policy.execute(work) };
      } catch (error) {
        if (!isAway(error)) throw error;
        return { answered: false };
      }
    },
  };
}

/** For what can not be judged without Postgres. */
export function databaseAway(): UnavailableError {
  return new UnavailableError({ code: 'DATABASE_UNAVAILABLE', detail: 'The database does not answer; try again in a moment.' });
}
