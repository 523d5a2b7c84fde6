import { UnavailableError } from '@gradeflow/errors';
import { ConsecutiveBreaker, circuitBreaker, handleAll, TimeoutStrategy, timeout, wrap } from 'cockatiel';
import type { Redis } from 'ioredis';

/** Runs commands on one connection. Throws UnavailableError SERVICE_UNAVAILABLE when Redis is away, silent, or was so a moment ago. */
export type AskRedis = <T>(work: (redis: Redis) => Promise<T>) => Promise<T>;

const restMs = 1_000;

/** A silent Redis costs one caller the deadline; the others are told at once, until it is tried again after a second. */
export function createAskRedis(redis: Redis, options: { deadlineMs?: number } = {}): AskRedis {
  const policy = wrap(
    circuitBreaker(handleAll, { halfOpenAfter: restMs, breaker: new ConsecutiveBreaker(1) }),
    timeout(options.deadlineMs ?? 300, TimeoutStrategy.Aggressive),
  );
  return async (work) => {
    try {
      if (redis.status !== 'ready') throw new Error(`the connection is ${redis.status}`);
      return await policy.execute(() => work(redis));
    } catch (cause) {
      throw new UnavailableError({
        code: 'SERVICE_UNAVAILABLE',
        detail: 'This needs Redis, which does not answer; try again in a moment.',
        retryAfterSeconds: 2,
        cause,
      });
    }
  };
}
