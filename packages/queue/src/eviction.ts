import { AppError } from '@gradeflow/errors';
import type { Logger } from '@gradeflow/logger';
import type { Redis } from 'ioredis';

/** What the queue's Redis does when its memory is full; null when it does not say (some hosted ones hide it). */
async function readEvictionPolicy(redis: Redis): Promise<string | null> {
  return /^maxmemory_policy:(\S+)/m.exec(await redis.info('memory'))?.[1] ?? null;
}

/**
 * Waits for Redis, then gives the error to stop with when it may throw jobs away: every policy but `noeviction` picks any key, and a flow without one of
 * its keys stands still for ever. Null when all is well, when Redis does not tell (logged), or when `allowed` says that somebody knows better (logged).
 */
export async function findEvictionFault(redis: Redis, options: { allowed: boolean; log: Logger }): Promise<AppError | null> {
  const policy = await readEvictionPolicy(redis).catch(() => null);
  if (policy === 'noeviction') return null;
  if (policy === null) {
    options.log.warn('the queue Redis does not say its maxmemory-policy; it must be noeviction');
    return null;
  }
  const detail = `The queue Redis has maxmemory-policy ${policy}: full memory would drop jobs. Set noeviction, or QUEUE_ALLOW_EVICTION=true.`;
  if (!options.allowed) return new AppError({ code: 'QUEUE_REDIS_EVICTS', status: 503, retryable: false, detail });
  options.log.warn({ policy }, 'the queue Redis may drop jobs, and was allowed to');
  return null;
}
