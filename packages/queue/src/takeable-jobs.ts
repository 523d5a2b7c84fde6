import type { Redis } from 'ioredis';

/**
 * How many jobs of each queue a worker could take now, in order, in one round trip: 0 for a queue that is paused, has as many running as it may, or is
 * rate limited. Delayed jobs do not count, whoever looks next makes them wait.
 */
export async function countTakeableJobs(redis: Redis, prefix: string, queues: string[]): Promise<number[]> {
  const pipeline = redis.pipeline();
  for (const queue of queues) {
    const key = (part: string) => `${prefix}:${queue}:${part}`;
    pipeline
      .llen(key('wait'))
      .zcard(key('prioritized'))
      .llen(key('active'))
      .exists(key('limiter'))
      .hmget(key('meta'), 'paused', 'concurrency');
  }
  const replies = (await pipeline.exec()) ?? [];
  return queues.map((_, index) => {
    const [wait, prioritized, active, limited, meta] = replies.slice(index * 5, index * 5 + 5).map(([error, reply]) => {
      if (error) throw error;
      return reply;
    }) as [number, number, number, number, [string | null, string | null]];
    const [paused, most] = meta;
    const mayTake = paused === null && limited === 0 && (most === null || active < Number(most));
    return mayTake ? wait + prioritized : 0;
  });
}
