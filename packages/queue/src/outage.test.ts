import { randomUUID } from 'node:crypto';
import { chooseFreePort, type EmbeddedService, startRedis } from '@gradeflow/embedded-services';
import type { AppError } from '@gradeflow/errors';
import { createTcpLink, createTempDir, waitFor } from '@gradeflow/testing';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { createProducer, type JobProducer } from './index.ts';
import { createQueueTest, type QueueTest, testJob, untilTaken } from './testing/queue-test.ts';

let dir: Awaited<ReturnType<typeof createTempDir>>;
let port: number;
let redis: EmbeddedService | undefined;
let closers: Array<() => Promise<unknown>>;

beforeEach(async () => {
  dir = await createTempDir();
  port = await chooseFreePort();
  closers = [];
});
afterEach(async () => {
  await Promise.all(closers.map((close) => close()));
  redis?.kill();
  await redis?.ended;
  redis = undefined;
  await dir.remove();
});

const location = () => ({ url: `redis://127.0.0.1:${port}`, prefix: '{t}' });
const startServer = async () => {
  redis = await startRedis({ dataDir: dir.path, log: () => {}, port, persist: false });
};
const signalServer = (signal: NodeJS.Signals) => process.kill(redis?.pid ?? 0, signal);

function openProducer(options = location()): JobProducer {
  const producer = createProducer(options);
  closers.push(() => producer.close());
  return producer;
}
function openQueue(options = location()): QueueTest {
  const queue = createQueueTest(options);
  closers.push(() => queue.close());
  return queue;
}

/** Outcome of a call and how long it took. */
async function timed(call: Promise<unknown>): Promise<{ code: string; ms: number }> {
  const began = Date.now();
  const code = await call.then(
    () => 'ok',
    (error: AppError) => error.code,
  );
  return { code, ms: Date.now() - began };
}

describe('a producer', () => {
  it('refuses at once while Redis was never up, and works when it comes', async () => {
    const producer = openProducer();
    const payload = { submissionId: randomUUID(), run: 1 };
    const before = await timed(producer.enqueueSubmission(payload));
    expect(before.code).toBe('QUEUE_UNAVAILABLE');
    expect(before.ms).toBeLessThan(500);
    await startServer();
    const up = Date.now();
    await untilTaken(() => producer.enqueueSubmission(payload));
    expect(Date.now() - up).toBeLessThan(1_000);
    expect(await producer.gradingStates([payload])).toEqual(['pending']);
  });

  it('refuses within a second while Redis is paused, and works when it goes on', async () => {
    await startServer();
    const producer = openProducer();
    await untilTaken(() => producer.enqueueReport(randomUUID()));
    signalServer('SIGSTOP');
    const during = await Promise.all([
      timed(producer.enqueueSubmission({ submissionId: randomUUID(), run: 1 })),
      timed(producer.enqueueReport(randomUUID())),
      timed(producer.reportState(randomUUID())),
    ]);
    signalServer('SIGCONT');
    expect(during.map(({ code }) => code)).toEqual(['QUEUE_UNAVAILABLE', 'QUEUE_UNAVAILABLE', 'QUEUE_UNAVAILABLE']);
    expect(Math.max(...during.map(({ ms }) => ms))).toBeLessThan(1_000);
    await untilTaken(() => producer.enqueueReport(randomUUID()));
  });

  it('gets over a half-open connection', async () => {
    await startServer();
    const link = await createTcpLink(location().url);
    closers.push(() => link.close());
    const producer = openProducer({ ...location(), url: link.url });
    await untilTaken(() => producer.enqueueReport(randomUUID()));
    link.silenceOpenConnections();
    const began = Date.now();
    await untilTaken(() => producer.enqueueReport(randomUUID()));
    expect(Date.now() - began).toBeLessThan(5_000);
  });
});

describe('a worker', () => {
  it('starts without Redis, works when it comes, and resumes after it was killed', async () => {
    const queue = openQueue();
    queue.group().start(testJob, async ({ payload }) => payload, { concurrency: 1 });
    await startServer();
    const first = await queue.add(testJob, { n: 1 });
    await waitFor(() => queue.ended(testJob, first));
    redis?.kill();
    await redis?.ended;
    await startServer();
    const second = await queue.add(testJob, { n: 2 });
    await waitFor(() => queue.ended(testJob, second), { timeoutMs: 3_000 });
  });

  it('runs a job once although Redis stands still for longer than three beats, and nobody is taken for dead', async () => {
    await startServer();
    const queue = openQueue();
    let runs = 0;
    let finish = () => {};
    const work = new Promise<void>((resolve) => {
      finish = resolve;
    });
    const processor = async ({ payload }: { payload: { n: number } }) => {
      runs += 1;
      await work;
      return payload;
    };
    for (const _ of [1, 2]) queue.group().start({ ...testJob, timeoutMs: 60_000 }, processor, { concurrency: 1 });
    await waitFor(async () => (await queue.redis.hlen('{t}:heartbeats')) === 2);
    const jobId = await queue.add(testJob, { n: 1 });
    await waitFor(() => runs === 1);
    signalServer('SIGSTOP');
    const paused = Date.now();
    await waitFor(() => Date.now() - paused > 4_000);
    signalServer('SIGCONT');
    // Four beats of both: time enough for a wrong verdict.
    const beats = new Set<string>();
    await waitFor(async () => beats.add(JSON.stringify(await queue.redis.hvals('{t}:heartbeats'))).size > 7);
    finish();
    const job = await waitFor(() => queue.ended(testJob, jobId));
    expect([runs, job.attemptsStarted, job.stalledCounter]).toEqual([1, 1, 0]);
  });

  it('gets over a half-open connection within five seconds', async () => {
    await startServer();
    const link = await createTcpLink(location().url);
    closers.push(() => link.close());
    const queue = openQueue();
    const group = queue.group({ url: link.url });
    group.start(testJob, async ({ payload }) => payload, { concurrency: 1 });
    const before = await queue.add(testJob, { n: 1 });
    await waitFor(() => queue.ended(testJob, before));
    link.silenceOpenConnections();
    const began = Date.now();
    const jobId = await queue.add(testJob, { n: 2 });
    await waitFor(() => queue.ended(testJob, jobId), { timeoutMs: 9_000 });
    process.stderr.write(`half-open link → next job done: ${Date.now() - began} ms\n`);
    expect(Date.now() - began).toBeLessThan(6_000);
  });

  it.each(['killed', 'paused'])('does not wait for its deadline to close while Redis is %s', async (fault) => {
    await startServer();
    const queue = openQueue();
    const group = queue.group();
    let running = false;
    group.start(
      testJob,
      ({ signal }) => {
        running = true;
        return new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
      },
      { concurrency: 1 },
    );
    await queue.add(testJob, { n: 1 });
    await waitFor(() => running);
    signalServer(fault === 'killed' ? 'SIGKILL' : 'SIGSTOP');
    const began = Date.now();
    await group.close(20_000);
    expect(Date.now() - began).toBeLessThan(5_000);
    if (fault === 'paused') signalServer('SIGCONT');
  });
});
