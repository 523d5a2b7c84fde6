import { startRedis } from '@gradeflow/embedded-services';
import { createTempDir, waitFor } from '@gradeflow/testing';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { createQueueTest, type QueueTest, testJob } from './testing/queue-test.ts';

let folder: Awaited<ReturnType<typeof createTempDir>>;
let server: Awaited<ReturnType<typeof startRedis>>;
let test: QueueTest;
beforeAll(async () => {
  folder = await createTempDir();
  server = await startRedis({ dataDir: folder.path, log: () => {}, persist: false });
  test = createQueueTest({ url: server.url, prefix: '{evicting}' });
  await test.redis.config('SET', 'maxmemory-policy', 'allkeys-lru');
});
afterAll(async () => {
  await test?.close();
  await server?.stop();
  await folder?.remove();
});

it('workers refuse a Redis that drops jobs, and say what to do', async () => {
  const refusals: Error[] = [];
  const group = test.group({ onRefused: (error) => refusals.push(error) });
  const taken: number[] = [];
  group.start(testJob, async ({ payload }) => ({ n: taken.push(payload.n) }), { concurrency: 1 });
  const id = await test.add(testJob, { n: 1 });
  await waitFor(() => refusals.length === 1, { what: 'the refusal' });
  expect(refusals[0]).toMatchObject({ code: 'QUEUE_REDIS_EVICTS', message: expect.stringMatching(/allkeys-lru.*QUEUE_ALLOW_EVICTION/) });

  // One that was told to works on the same queue: what was refused above is still there, untouched.
  const allowed = test.group({ allowEviction: true });
  allowed.start(testJob, async ({ payload }) => payload, { concurrency: 1 });
  await waitFor(() => test.ended(testJob, id), { what: 'the end of the job' });
  expect(taken).toEqual([]);
});
