import { startRedis } from '@gradeflow/embedded-services';
import { createTempDir, waitFor } from '@gradeflow/testing';
import { expect, it } from '@jest/globals';
import { createQueueTest, testJob } from './testing/queue-test.ts';

it('a step whose children a full Redis refuses ends as one whose queue was away, so that it is begun again and nothing is at fault', async () => {
  const dir = await createTempDir();
  const redis = await startRedis({ dataDir: dir.path, log: () => {}, persist: false });
  const queue = createQueueTest({ url: redis.url, prefix: '{t}' });
  try {
    const reasons: string[] = [];
    const fan = {
      child: { ...testJob, name: 'leaf' },
      plan: async () => {
        await queue.redis.config('SET', 'maxmemory', '1');
        return [{ jobId: 'leaf_1', payload: { n: 1 } }];
      },
      collect: async () => ({ n: 1 }),
    };
    const observer = { failedForGood: async (_: unknown, __: Date, { code }: { code: string }) => void reasons.push(code) };
    const once = { ...testJob, attempts: 1 };
    const jobId = await queue.add(once, { n: 1 });
    queue.group().start(once, fan, { concurrency: 1, observer });
    await waitFor(() => reasons.length > 0, { what: 'the step to fail' });
    expect(reasons).toEqual(['QUEUE_UNAVAILABLE']);
    expect((await queue.ended(once, jobId))?.failedReason).toMatch(/^QUEUE_UNAVAILABLE: /);
  } finally {
    await queue.close();
    await redis.stop();
    await dir.remove();
  }
});
