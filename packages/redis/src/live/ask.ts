import { UnavailableError } from '@gradeflow/errors';
import type { Redis } from '../connect.ts';
import { type AskObserver, createRedisGuard } from '../guard.ts';

/** Runs commands that have no answer without Redis. Throws UnavailableError SERVICE_UNAVAILABLE when Redis is away, silent, or was so a moment ago. */
export type AskRedis = <T>(work: (redis: Redis) => Promise<T>) => Promise<T>;

/** A silent Redis costs one caller the deadline; the others are told at once, until it is tried again after a second. */
export function createAskRedis(redis: Redis, options: { deadlineMs?: number; onAsked?: AskObserver } = {}): AskRedis {
  const guard = createRedisGuard(redis, { deadlineMs: 300, ...options });
  return async (work) => {
    const asked = await guard.ask(work);
    if (asked.answered) return asked.value;
    throw new UnavailableError({
      code: 'SERVICE_UNAVAILABLE',
      detail: 'This needs Redis, which does not answer; try again in a moment.',
      members: { missing: 'redisCache' },
      retryAfterSeconds: 2,
      cause: asked.cause,
    });
  };
}
