import type { Queue } from 'bullmq';
import type { Redis } from 'ioredis';

export type KnownState = 'missing' | 'pending' | 'completed' | 'failed';

/** States of these jobs, in order, in one pipeline. `pending` is whatever is known and has not ended. */
export async function readJobStates(redis: Redis, queue: Queue, jobIds: string[]): Promise<KnownState[]> {
  const pipeline = redis.pipeline();
  for (const jobId of jobIds) {
    pipeline.exists(queue.toKey(jobId));
    pipeline.zscore(queue.toKey('completed'), jobId);
    pipeline.zscore(queue.toKey('failed'), jobId);
  }
  const replies = (await pipeline.exec()) ?? [];
  return jobIds.map((_, index) => {
    const [exists, completed, failed] = [0, 1, 2].map((offset) => replyOf(replies[index * 3 + offset]));
    if (!exists) return 'missing';
    if (completed !== null) return 'completed';
    return failed !== null ? 'failed' : 'pending';
  });
}

function replyOf(entry: [Error | null, unknown] | undefined): unknown {
  if (!entry) throw new Error('Redis gave fewer replies than commands');
  if (entry[0]) throw entry[0];
  return entry[1];
}
