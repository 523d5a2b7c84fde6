import { randomUUID } from 'node:crypto';
import { extractSheet, gradeSubmission, persistFile, readPage, recordMetadata } from '@gradeflow/contracts';
import { UnavailableError } from '@gradeflow/errors';
import { waitFor } from '@gradeflow/testing';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { createProducer, createQueueLook, type JobProducer, jobIdOf, type QueueLook, submissionJobId } from './index.ts';
import { createQueueTest, type QueueTest, untilTaken } from './testing/queue-test.ts';

let queue: QueueTest;
let producer: JobProducer;
let look: QueueLook;
beforeEach(async () => {
  queue = createQueueTest();
  producer = createProducer(queue);
  look = createQueueLook(queue);
  await waitFor(() => look.isReady());
});
afterEach(async () => {
  await Promise.all([producer.close(), look.close()]);
  await queue.close();
});

const lastStep = (payload: { submissionId: string; run: number }) => ({
  queue: gradeSubmission.name,
  jobId: submissionJobId(gradeSubmission, payload),
});

async function startFlow() {
  const payload = { submissionId: randomUUID(), run: 1 };
  await untilTaken(() => producer.enqueueSubmission(payload));
  return { payload, ref: lastStep(payload) };
}

const placeOf = async (ref: { queue: string; jobId: string }) => (await look.places([ref]))[0];
const fails = () => Promise.reject(new UnavailableError({ code: 'STORAGE_UNAVAILABLE', detail: 'The storage is away.' }));

describe('where a job stands', () => {
  it('is missing when the queue never heard of it, and known by its open steps when it was just added', async () => {
    const nothing = { queue: gradeSubmission.name, jobId: 'grade-submission_nothing_1' };
    const { ref } = await startFlow();
    const [missing, known] = await look.places([nothing, ref]);
    expect(missing).toMatchObject({ ...nothing, state: 'missing', children: [] });
    expect(known?.state).toBe('waiting-children');
    expect(known?.children.map((child) => [child.queue, child.state]).sort()).toEqual([
      ['extract-sheet', 'waiting'],
      ['persist-file', 'waiting'],
      ['record-metadata', 'waiting'],
    ]);
  });

  it('tells of a step between two tries when it is tried next and why the last one failed', async () => {
    const { ref } = await startFlow();
    const began = Date.now();
    const group = queue.group();
    group.start({ ...persistFile, backoffMs: 60_000 }, fails, { concurrency: 1 });
    const step = await waitFor(async () => (await placeOf(ref))?.children.find(({ state }) => state === 'delayed'));
    expect(step).toMatchObject({
      queue: 'persist-file',
      attempts: 1,
      reason: { code: 'STORAGE_UNAVAILABLE', detail: 'The storage is away.' },
    });
    const dueMs = (step?.dueAt?.getTime() ?? 0) - began;
    expect(dueMs).toBeGreaterThanOrEqual(persistFile.backoffMs / 2);
    expect(dueMs).toBeLessThan(600_000);
  });

  it('follows a sheet to its pages, and of very many finds the one that is being read', async () => {
    const { payload, ref } = await startFlow();
    const group = queue.group();
    const pages = Array.from({ length: 120 }, (_, index) => index + 1);
    group.start(
      extractSheet,
      {
        child: readPage,
        plan: async () =>
          pages.map((page) => ({
            jobId: jobIdOf(readPage, payload.submissionId, payload.run, page),
            payload: { ...payload, page, file: 0, filePage: page },
          })),
        collect: async () => ({ pagesTotal: 0, pagesUnreadable: 0, pagesBlank: 0 }),
      },
      { concurrency: 1 },
    );
    const sheetOf = async () => (await placeOf(ref))?.children.find(({ queue: name }) => name === extractSheet.name);
    const waiting = await waitFor(async () => {
      const sheet = await sheetOf();
      return sheet?.state === 'waiting-children' ? sheet : undefined;
    });
    expect(waiting.children.length).toBe(50);
    expect(new Set(waiting.children.map(({ state }) => state))).toEqual(new Set(['waiting']));
    group.start(readPage, () => new Promise(() => {}), { concurrency: 1 });
    await waitFor(async () => (await sheetOf())?.children.some(({ state }) => state === 'active'));
  });

  it('counts who comes before', async () => {
    const [first, , third] = [await startFlow(), await startFlow(), await startFlow()];
    const step = ({ payload }: typeof first) => ({ queue: persistFile.name, jobId: submissionJobId(persistFile, payload) });
    expect([await look.position(step(first)), await look.position(step(third))]).toEqual([0, 2]);
    expect(await look.position({ queue: persistFile.name, jobId: 'persist-file_nobody_1' })).toBeNull();
    await queue.queueOf(persistFile).add('persist-file', {}, { jobId: 'last_a', priority: 1_000 });
    expect(await look.position({ queue: persistFile.name, jobId: 'last_a' })).toBe(3);
    await queue.queueOf(persistFile).add('persist-file', {}, { jobId: 'first_a' });
    expect(await look.position({ queue: persistFile.name, jobId: 'first_a' })).toBe(0);
    expect(await look.position({ queue: persistFile.name, jobId: 'last_a' })).toBe(4);
  });
});

describe('all queues and who works on them', () => {
  it('counts by state, knows the oldest, a pause, and the living with what they hold', async () => {
    const { payload } = await startFlow();
    await queue.queueOf(recordMetadata).pause();
    const group = queue.group({ instanceId: 'a-worker' });
    group.start(persistFile, () => new Promise(() => {}), { concurrency: 1 });
    const held = { queue: persistFile.name, jobId: submissionJobId(persistFile, payload) };
    const overview = await waitFor(async () => {
      const seen = await look.overview();
      return seen.workers[0]?.heldJobs.length === 1 ? seen : undefined;
    });
    expect(overview.workers).toMatchObject([{ instanceId: 'a-worker', alive: true, queues: ['persist-file'], heldJobs: [held] }]);
    const figures = Object.fromEntries(overview.queues.map((one) => [one.name, one]));
    expect(figures['record-metadata']).toMatchObject({ paused: true, counts: { prioritized: 1 } });
    expect(figures['persist-file']).toMatchObject({ paused: false, counts: { waiting: 0, active: 1 }, oldestWaiting: null });
    expect(figures['grade-submission']?.counts['waiting-children']).toBe(1);
    expect(figures['extract-sheet']?.oldestWaiting?.jobId).toBe(submissionJobId(extractSheet, payload));
  });

  it('takes a record that has not been renewed for a while for dead', async () => {
    const record = { beat: 'the last one', at: new Date(Date.now() - 60_000).toISOString(), workers: [{ queue: 'read-page', id: 'x' }] };
    await queue.redis.hset(`${queue.prefix}:heartbeats`, 'gone', JSON.stringify(record));
    expect((await look.overview()).workers).toMatchObject([{ instanceId: 'gone', alive: false, queues: ['read-page'] }]);
  });
});

describe('trying now', () => {
  it('ends the pause before the next try, and lets one that failed for good be tried again', async () => {
    const { payload } = await startFlow();
    const ref = { queue: persistFile.name, jobId: submissionJobId(persistFile, payload) };
    expect(await look.tryNow(ref)).toBe(false);
    await queue.queueOf(persistFile).add('later', payload, { jobId: 'later_a', delay: 600_000 });
    expect(await look.tryNow({ ...ref, jobId: 'later_a' })).toBe(true);
    expect((await placeOf({ ...ref, jobId: 'later_a' }))?.state).toBe('waiting');
    await queue.queueOf(persistFile).remove('later_a');
    const group = queue.group();
    group.start({ ...persistFile, attempts: 1 }, () => Promise.reject(new Error('broken')), { concurrency: 1 });
    await queue.add({ ...persistFile, attempts: 1 }, { submissionId: randomUUID(), run: 1 }, 'once_a');
    const once = { queue: persistFile.name, jobId: 'once_a' };
    await waitFor(async () => (await placeOf(once))?.state === 'failed');
    await group.close(1_000);
    expect(await look.tryNow(once)).toBe(true);
    expect((await placeOf(once))?.state).toBe('waiting');
  });
});

it('a queue Redis that is away is an error at once', async () => {
  const nobody = createQueueLook({ url: 'redis://127.0.0.1:1', prefix: 'x' });
  await expect(nobody.overview()).rejects.toMatchObject({ code: 'QUEUE_UNAVAILABLE' });
  await expect(nobody.places([{ queue: 'read-page', jobId: 'a' }])).rejects.toMatchObject({ code: 'QUEUE_UNAVAILABLE' });
  await nobody.close();
});
