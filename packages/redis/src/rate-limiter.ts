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
  /** Counts one call on points that this process has drawn already; null when it has none. */
  takeHeld(name: Name, key: string): RateVerdict | null;
  /** Forgets what was counted for `key`. Never throws. */
  forget(name: Name, key: string): Promise<void>;
}

/** Largest block, and the share of what is left that a block may have: near its end a budget is counted call by call. */
const largestBlock = 200;
const blockShare = 0.01;
const maxBlocks = 20_000;

/**
 * Budgets that all gateways share through Redis. While much of a budget is left a process draws points in blocks (200 at most, a hundredth of what is left) and
 * gives them out itself, so that most calls ask nobody; a budget below 200 points is counted exactly from its first call. What a process leaves of a block is lost to
 * the others until the window ends. Every point is counted in this process as well, so that the insurance does not begin at zero when Redis goes.
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

  /**
   * Without Redis every call is counted in this process, for itself, and no block is kept: the first call after Redis is back is counted there again, however
   * large a block would have been.
   */
  const countHere = async ({ budget, own, blocks }: Limiter, key: string, cause: unknown): Promise<RateVerdict> => {
    onError?.(cause);
    blocks.clear();
    const { consumedPoints, remainingPoints, msBeforeNext } = await settled(own.consume(key, 1));
    return verdictOf(budget, { allowed: consumedPoints <= budget.points, remaining: remainingPoints, msLeft: msBeforeNext });
  };

  /** Counts so many points; what is over once one of them was given out makes the key's block. */
  const draw = async (limiter: Limiter, key: string, points: number): Promise<RateVerdict> => {
    const { budget, shared, own, blocks } = limiter;
    const everywhere = await guard.ask(() => settled(shared.consume(key, points)));
    if (!everywhere.answered) return countHere(limiter, key, everywhere.cause);
    await settled(own.consume(key, points));
    const { consumedPoints, remainingPoints, msBeforeNext } = everywhere.value;
    const allowed = consumedPoints <= budget.points;
    const left = allowed ? points - 1 : 0;
    blocks.delete(key);
    if (blocks.size >= maxBlocks) blocks.delete(blocks.keys().next().value ?? '');
    blocks.set(key, { left, remaining: remainingPoints, endsAt: performance.now() + msBeforeNext, drawing: null });
    return verdictOf(budget, { allowed, remaining: remainingPoints + left, msLeft: msBeforeNext });
  };

  const takeHeld = ({ budget, blocks }: Limiter, key: string): RateVerdict | null => {
    const block = blocks.get(key);
    const msLeft = (block?.endsAt ?? 0) - performance.now();
    if (!block || block.left === 0 || msLeft <= 0) return null;
    block.left -= 1;
    return verdictOf(budget, { allowed: true, remaining: block.remaining + block.left, msLeft });
  };

  const consume = async (limiter: Limiter, key: string): Promise<RateVerdict> => {
    const held = takeHeld(limiter, key);
    if (held) return held;
    const block = limiter.blocks.get(key);
    if (!block || performance.now() >= block.endsAt) return draw(limiter, key, 1);
    const points = Math.min(largestBlock, Math.floor(block.remaining * blockShare));
    if (points < 2) return draw(limiter, key, 1);
    if (block.drawing) {
      // Who comes meanwhile takes from the block that is under way.
      await block.drawing;
      return consume(limiter, key);
    }
    block.drawing = draw(limiter, key, points);
    return block.drawing;
  };

  return {
    consume: (name, key) => consume(limiterOf(name), key),
    takeHeld: (name, key) => takeHeld(limiterOf(name), key),
    forget: async (name, key) => {
      const { shared, own, blocks } = limiterOf(name);
      blocks.delete(key);
      await own.delete(key);
      await guard.ask(() => shared.delete(key));
    },
  };
}

interface Block {
  /** Points of it that are not given out yet. */
  left: number;
  /** Of the budget beside the block, as it was last seen. */
  remaining: number;
  /** End of the window, by `performance.now()`. */
  endsAt: number;
  /** The next block, while it is asked for. */
  drawing: Promise<RateVerdict> | null;
}

interface Limiter {
  budget: RateBudget;
  shared: RateLimiterRedis;
  own: RateLimiterMemory;
  /** By key, the one drawn longest ago first. */
  blocks: Map<string, Block>;
}

function createLimiter(redis: Redis, name: string, budget: RateBudget): Limiter {
  const options = { keyPrefix: `gf:limit:${name}`, points: budget.points, duration: budget.seconds };
  const [shared, own] = [new RateLimiterRedis({ ...options, storeClient: redis }), new RateLimiterMemory(options)];
  return { budget, shared, own, blocks: new Map() };
}

function verdictOf({ points }: RateBudget, seen: { allowed: boolean; remaining: number; msLeft: number }): RateVerdict {
  const { allowed, remaining, msLeft } = seen;
  return { allowed, limit: points, remaining, resetSeconds: Math.max(1, Math.ceil(msLeft / 1000)) };
}

/** The library rejects with its count when a budget is used up: that is an answer, not a failure. */
function settled(counting: Promise<RateLimiterRes>): Promise<RateLimiterRes> {
  return counting.catch((refusal: unknown) => {
    if (refusal instanceof RateLimiterRes) return refusal;
    throw refusal;
  });
}
