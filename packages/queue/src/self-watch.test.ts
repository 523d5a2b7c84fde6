import { PassThrough } from 'node:stream';
import { chooseFreePort, startRedis } from '@gradeflow/embedded-services';
import { createLogger } from '@gradeflow/logger';
import { createTempDir, testRedis, waitFor } from '@gradeflow/testing';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { Worker } from 'bullmq';
import { createBoardQueues, type JobMetrics } from './index.ts';
import { createMuteLink, type MuteLink } from './testing/mute-link.ts';
import { createQueueTest, type QueueTest, testJob as quickJob } from './testing/queue-test.ts';

/** Jobs that are held longer than it takes to find a deaf worker. */
const testJob = { ...quickJob, timeoutMs: 60_000 };

let queue: QueueTest;
let link: MuteLink | undefined;
/** Remedies that were tried, in order. */
let tried: string[];
let bull: { restore(): void } | undefined;
const metrics = (): JobMetrics => ({ ran: () => {}, failedForGood: () => {}, foundDeaf: (_, remedy) => void tried.push(remedy) });
const echo = async ({ payload }: { payload: { n: number } }) => ({ n: payload.n });
const ended = (jobId: string) => waitFor(() => queue.ended(testJob, jobId), { timeoutMs: 20_000, what: 'the job to end' });

beforeEach(() => {
  queue = createQueueTest();
  tried = [];
});
afterEach(async () => {
  bull?.restore();
  bull = undefined;
  await queue.close();
  await link?.close();
  link = undefined;
});

/** Replaces how BullMQ waits for a job, for its workers that `deaf` names by their order: those wait for ever, as after a lost reply (upstream #4479). */
function deafenBullMq(deaf: (nth: number) => boolean): { restore(): void } {
  type Waiting = { waitForJob(until: number): Promise<number>; id: string; name: string };
  const prototype = Worker.prototype as unknown as Waiting;
  const { waitForJob } = prototype;
  const seen: string[] = [];
  const parked: Array<() => void> = [];
  prototype.waitForJob = function (this: Waiting, until: number) {
    if (!seen.includes(this.id)) seen.push(this.id);
    return deaf(seen.indexOf(this.id)) ? new Promise<number>((resolve) => parked.push(() => resolve(0))) : waitForJob.call(this, until);
  };
  return {
    restore: () => {
      prototype.waitForJob = waitForJob;
      for (const wake of parked) wake();
    },
  };
}

describe('a worker that takes nothing although jobs wait', () => {
  it('gets another connection when the answers of the old one do not arrive, and takes jobs again', async () => {
    const { url, prefix } = testRedis();
    await queue.close();
    link = await createMuteLink(url);
    queue = createQueueTest({ url, prefix });
    queue.group({ url: link.url, metrics: metrics() }).start(testJob, echo, { concurrency: 2 });
    await ended(await queue.add(testJob, { n: 1 }));
    link.mute();
    await ended(await queue.add(testJob, { n: 2 }));
    expect(tried).toContain('renew');
    expect(tried).not.toContain('exit');
  });

  it('is replaced when that does not help; what it runs meanwhile ends', async () => {
    bull = deafenBullMq((nth) => nth === 0);
    let release = () => {};
    const gate = new Promise<void>((resolve) => {
      release = resolve;
    });
    const ran: number[] = [];
    const long = await queue.add(testJob, { n: 1 });
    const group = queue.group({ metrics: metrics() });
    group.start(
      testJob,
      async ({ payload }) => {
        ran.push(payload.n);
        if (payload.n === 1) await gate;
        return { n: payload.n };
      },
      { concurrency: 2 },
    );
    await waitFor(() => ran.length === 1);
    await ended(await queue.add(testJob, { n: 2 }));
    bull.restore();
    expect(tried).toEqual(['renew', 'rebuild']);
    release();
    await ended(long);
    await ended(await queue.add(testJob, { n: 3 }));
    expect(ran).toEqual([1, 2, 3]);
  });

  it('names itself to the readiness, and ends its process when nothing helps', async () => {
    bull = deafenBullMq(() => true);
    const board = createBoardQueues(queue);
    const gaveUp: string[] = [];
    queue
      .group({ instanceId: 'deaf-one', metrics: metrics(), onDeaf: (name) => void gaveUp.push(name) })
      .start(testJob, echo, { concurrency: 1 });
    const { redis, prefix } = queue;
    await waitFor(
      async () =>
        (await redis.zscore(`${prefix}:${testJob.name}:marker`, '0')) === null && redis.hexists(`${prefix}:heartbeats`, 'deaf-one'),
    );
    await waitFor(async () => (await queue.add(testJob, { n: 1 })) && (await queue.queueOf(testJob).getWaitingCount()) > 0);
    const named = await waitFor(async () => (await board.listDeafWorkers())[0], { timeoutMs: 10_000 });
    expect(named).toMatchObject({ instanceId: 'deaf-one', queue: testJob.name });
    await waitFor(
      async () => {
        // The new worker takes what waits when it starts; then it waits for ever too.
        if ((await queue.queueOf(testJob).getWaitingCount()) === 0) await queue.add(testJob, { n: 1 });
        return gaveUp.includes(testJob.name);
      },
      { timeoutMs: 30_000, what: 'the end of the process' },
    );
    await board.close();
    expect(tried.slice(0, 4)).toEqual(['renew', 'rebuild', 'renew', 'exit']);
  });
});

describe('while Redis dies and comes back', () => {
  const deaths = 4;
  const outages: string[] = [];
  const log = createLogger(
    { name: 'test', level: 'debug' },
    new PassThrough().on('data', (line) => {
      if (String(line).includes('did not take the heartbeat')) outages.push(String(line));
    }),
  );

  it('no worker is blamed, although it takes nothing in each moment in between; one that goes on so with Redis there is', async () => {
    const folder = await createTempDir();
    const port = await chooseFreePort();
    const start = () => startRedis({ dataDir: folder.path, log: () => {}, port, persist: true });
    let redis = await start();
    await queue.close();
    queue = createQueueTest({ url: redis.url, prefix: '{t}' });
    bull = deafenBullMq(() => true);
    const gaveUp: string[] = [];
    const group = queue.group({ instanceId: 'watched', log, metrics: metrics(), onDeaf: (name) => void gaveUp.push(name) });
    group.start(testJob, echo, { concurrency: 1 });
    const beat = () => queue.redis.hget('{t}:heartbeats', 'watched');
    const nextBeat = async () => {
      const before = await beat();
      await waitFor(async () => ![null, before].includes(await beat()), { everyMs: 10, what: 'a beat' });
    };
    try {
      await waitFor(async () => (await queue.redis.zscore(`{t}:${testJob.name}:marker`, '0')) === null && (await beat()) !== null);
      await waitFor(async () => (await queue.add(testJob, { n: 1 })) && (await queue.queueOf(testJob).getWaitingCount()) > 0);
      for (let death = 0; death < deaths; death++) {
        await nextBeat();
        const before = outages.length;
        redis.kill();
        await redis.ended;
        await waitFor(() => outages.length > before, { what: 'a beat that Redis did not take' });
        redis = await start();
        // The first one is that which had to wait; after the second the worker is looked at.
        await nextBeat();
      }
      expect([tried, gaveUp]).toEqual([[], []]);
      await waitFor(() => tried.includes('renew'), { timeoutMs: 20_000, what: 'a look at the worker for three seconds' });
    } finally {
      bull.restore();
      await queue.close();
      redis.kill();
      await redis.ended;
      await folder.remove();
    }
  });
});

describe('a worker that has good reason to take nothing', () => {
  /** So long that a worker that counted as deaf would have been found. */
  const watchedSeconds = 5;
  const beatsOf = async (instanceId: string) => {
    const seen = new Set<string | null>();
    await waitFor(async () => seen.add(await queue.redis.hget(`${queue.prefix}:heartbeats`, instanceId)).size > watchedSeconds, {
      timeoutMs: 20_000,
    });
  };

  it('is left alone: paused queue, limited queue, all slots busy', async () => {
    const { redis, prefix } = queue;
    let release = () => {};
    const gate = new Promise<void>((resolve) => {
      release = resolve;
    });
    const jobs = ['paused', 'limited', 'full', 'busy'].map((name) => ({ ...testJob, name: `test-${name}` }));
    const [paused, limited, full, busy] = jobs as [typeof testJob, typeof testJob, typeof testJob, typeof testJob];
    await queue.queueOf(paused).pause();
    await redis.set(`${prefix}:${limited.name}:limiter`, 1, 'EX', 60);
    await queue.queueOf(limited).setGlobalRateLimit(1, 60_000);
    await queue.queueOf(full).setGlobalConcurrency(1);
    const group = queue.group({ instanceId: 'patient', metrics: metrics() });
    const hold = async ({ payload }: { payload: { n: number } }) => {
      await gate;
      return { n: payload.n };
    };
    const workers = jobs.map((job) => group.start(job, hold, { concurrency: job === busy ? 1 : 3 }));
    expect(workers).toHaveLength(4);
    for (const job of jobs) for (const n of [1, 2, 3]) await queue.add(job, { n });
    await waitFor(async () => (await queue.queueOf(busy).getActiveCount()) + (await queue.queueOf(full).getActiveCount()) === 2);
    await beatsOf('patient');
    expect(tried).toEqual([]);
    release();
  });
});
