import { UnavailableError } from '@gradeflow/errors';
import { withDeadline } from '@gradeflow/lifecycle';
import type { Logger } from '@gradeflow/logger';
import type { Redis } from 'ioredis';
import { producerDeadlineMs } from './connections.ts';
import { createLinkCheck } from './link.ts';

/**
 * Calls over a producer's connection that end within 500 ms: UnavailableError `QUEUE_UNAVAILABLE` with this detail when Redis is away (at once), silent or
 * refuses; after a silence the link is looked at. `requireReady` asks nothing and throws the same when Redis is away. A call that timed out may still have been carried out.
 */
export function guardedCalls(redis: Redis, { log, detail }: { log?: Logger | undefined; detail: string }) {
  const checkLink = createLinkCheck(redis, log);
  const away = (cause: unknown) => new UnavailableError({ code: 'QUEUE_UNAVAILABLE', detail, cause });
  const requireReady = (): void => {
    if (redis.status !== 'ready') throw away(undefined);
  };
  const call = async <T>(work: () => Promise<T>): Promise<T> => {
    requireReady();
    try {
      return await withDeadline(work(), producerDeadlineMs);
    } catch (error) {
      checkLink();
      throw away(error);
    }
  };
  return { call, requireReady };
}
