import { RateLimiterMemory, RateLimiterRedis, RateLimiterRes } from 'rate-limiter-flexible';
import type { Redis } from './connect.ts';
import type { RedisGuard } from './guard.ts';

/** So many calls in so many seconds; the window begins with the first of them. */
export interface RateBudget {
  points: number;
  seconds: number;
}

export interface RateVerdict {
  allowed: boolean;
  limit: number;
  remaining: number;
  /** Until the window ends; at least 1. */
  resetSeconds: number;
}

export interface RateLimiter<Name extends string> {
  /** Counts one call of `key` on the named budget. Never throws: while Redis is away or slow this process goes on counting for itself. */
  consume(name: Name, key: string): Promise<RateVerdict>;
  /** Forgets what was counted for `key`. Never throws. */
  forget(name: Name, key: string): Promise<void>;
}

/**
 * Budgets that all gateways share through Redis. Every call is counted in this process as well, so that the insurance does not begin at zero
 * when Redis goes.
 */
export function createRateLimiter<Name extends string>(options: {
  redis: Redis;
  /** Of the same connection: how long a call may wait for it. */
  guard: RedisGuard;
  budgets: Readonly<Record<Name, RateBudget>>;
  onError?: (error: unknown) => void;
}): RateLimiter<Name> {
  const { redis, guard, onError } = options;
  const limiters = new Map<string, Limiter>();
  for (const [name, budget] of Object.entries<RateBudget>(options.budgets)) limiters.set(name, createLimiter(redis, name, budget));
  const limiterOf = (name: Name): Limiter => {
    const limiter = limiters.get(name);
    if (!limiter) throw new Error(`there is no budget ${name}`);
    return limiter;
  };

  return {
    consume: async (name, key) => {
      const { budget, shared, own } = limiterOf(name);
      const here = await settled(own.consume(key));
      const everywhere = await guard.ask(() => settled(shared.consume(key)));
      if (!everywhere.answered) onError?.(everywhere.cause);
      const { consumedPoints, remainingPoints, msBeforeNext } = everywhere.answered ? everywhere.value : here;
      return {
        allowed: consumedPoints <= budget.points,
        limit: budget.points,
        remaining: remainingPoints,
        resetSeconds: Math.max(1, Math.ceil(msBeforeNext / 1000)),
      };
    },
    forget: async (name, key) => {
      const { shared, own } = limiterOf(name);
      await own.delete(key);
      await guard.ask(() => shared.delete(key));
    },
  };
}

interface Limiter {
  budget: RateBudget;
  shared: RateLimiterRedis;
  own: RateLimiterMemory;
}

function createLimiter(redis: Redis, name: string, budget: RateBudget): Limiter {
  const options = { keyPrefix: `gf:limit:${name}`, points: budget.points, duration: budget.seconds };
  return { budget, shared: new RateLimiterRedis({ ...options, storeClient: redis }), own: new RateLimiterMemory(options) };
}

/** The library rejects with its count when a budget is used up: that is an answer, not a failure. */
function settled(counting: Promise<RateLimiterRes>): Promise<RateLimiterRes> {
  return counting.catch((refusal: unknown) => {
    if (refusal instanceof RateLimiterRes) return refusal;
    throw refusal;
  });
}
