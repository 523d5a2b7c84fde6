import type { Queue } from 'bullmq';
import type { Redis } from 'ioredis';
import { readReplies } from './replies.ts';

export type KnownState = 'missing' | 'pending' | 'completed' | 'failed';

/** States of these jobs, in order, in one pipeline. `pending` is whatever is known and has not ended. */
export async function readJobStates(redis: Redis, queue: Queue, jobIds: string[]): Promise<KnownState[]> {
  const pipeline = redis.pipeline();
  for (const jobId of jobIds) {
    pipeline.exists(queue.toKey(jobId));
    pipeline.zscore(queue.toKey('completed'), jobId);
    pipeline.zscore(queue.toKey('failed'), jobId);
  }
  const replies = readReplies(await pipeline.exec());
  return jobIds.map(() => {
    const [exists, completed, failed] = [replies.next(), replies.next(), replies.next()];
    if (!exists) return 'missing';
    if (completed !== null) return 'completed';
    return failed !== null ? 'failed' : 'pending';
  });
}
