import { defineJob } from '@gradeflow/contracts';
import { PermanentError } from '@gradeflow/errors';
import { waitFor } from '@gradeflow/testing';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { z } from 'zod';
import { type ChildOutcomes, type FanOutProcessor, type JobObserver, jobIdOf } from './index.ts';
import { jobOptions } from './job-options.ts';
import { createQueueTest, type QueueTest, testJob } from './testing/queue-test.ts';

const sheetJob = defineJob({
  name: 'read-sheet',
  payload: z.strictObject({ sheet: z.string() }),
  result: z.object({ read: z.number(), unread: z.array(z.string()) }),
  attempts: 4,
  backoffMs: 10,
  timeoutMs: 5_000,
});
const pageJob = { ...testJob, name: 'read-leaf', attempts: 2 };

let queue: QueueTest;
beforeEach(() => {
  queue = createQueueTest();
});
afterEach(() => queue.close());

const pageId = (page: number) => jobIdOf(pageJob, 's1', page);
const children = (count: number) => Array.from({ length: count }, (_, index) => ({ jobId: pageId(index + 1), payload: { n: index + 1 } }));
const summary = ({ completed, failed }: ChildOutcomes) => ({
  read: completed,
  unread: Object.entries(failed).map((entry) => entry.join(' = ')),
});
const addSheet = () => queue.add(sheetJob, { sheet: 's1' }, 'read-sheet_s1');
const sheetEnd = () => waitFor(() => queue.ended(sheetJob, 'read-sheet_s1'), { what: 'the end of the sheet' });

/** Reads pages; page 2 is unreadable for good. */
function startPages(): number[] {
  const ran: number[] = [];
  queue.group().start(
    pageJob,
    async ({ payload }) => {
      ran.push(payload.n);
      if (payload.n === 2) throw new PermanentError({ code: 'IMAGE_UNREADABLE', detail: 'Torn.' });
      return payload;
    },
    { concurrency: 2 },
  );
  return ran;
}

function startSheets(processor: Partial<FanOutProcessor<typeof sheetJob, typeof pageJob>>, observer: JobObserver<typeof sheetJob> = {}) {
  const whole = {
    child: pageJob,
    plan: async () => children(3),
    collect: async (_: unknown, outcomes: ChildOutcomes) => summary(outcomes),
  };
  queue.group().start(sheetJob, { ...whole, ...processor }, { concurrency: 1, observer });
}

const unreadable = `${pageId(2)} = IMAGE_UNREADABLE: Torn.`;

describe('children made at run time', () => {
  it('are waited for without holding the worker; the parent learns how each ended', async () => {
    const told: string[] = [];
    const startedAt = new Map<string, number>();
    startSheets(
      {},
      {
        started: async ({ sheet }, at, attempt) => {
          startedAt.set(sheet, at.getTime());
          told.push(`${sheet} started ${attempt}`);
        },
        completed: async ({ sheet }, at, attempt) => {
          told.push(`${sheet} completed ${attempt}, begun at the start: ${at.startedAt.getTime() === startedAt.get(sheet)}`);
        },
      },
    );
    await addSheet();
    await waitFor(async () => (await queue.queueOf(sheetJob).getWaitingChildrenCount()) === 1);
    // The only place of the sheet worker is free while the first sheet waits.
    await queue.add(sheetJob, { sheet: 'other' }, 'read-sheet_s2');
    await waitFor(() => told.length === 2);
    const ran = startPages();
    expect((await sheetEnd()).returnvalue).toEqual({ read: 2, unread: [unreadable] });
    expect(new Set(ran)).toEqual(new Set([1, 2, 3]));
    expect(told).toEqual(['s1 started 1', 'other started 1', 's1 completed 1, begun at the start: true']);
  });

  it('are not needed: a plan without any goes straight on', async () => {
    startSheets({ plan: async () => [] });
    await addSheet();
    expect((await sheetEnd()).returnvalue).toEqual({ read: 0, unread: [] });
  });

  it('are added once although the parent dies between plan and wait, also when one of them has failed for good meanwhile', async () => {
    const ran = startPages();
    // What a parent leaves that dies after adding its children and before remembering it.
    await queue.queueOf(sheetJob).pause();
    await addSheet();
    const parent = await queue.queueOf(sheetJob).getJob('read-sheet_s1');
    await queue.queueOf(pageJob).addBulk(
      children(3).map(({ jobId, payload }) => ({
        name: pageJob.name,
        data: payload,
        opts: {
          ...jobOptions(pageJob, jobId),
          parent: { id: 'read-sheet_s1', queue: parent?.queueQualifiedName ?? '' },
          ignoreDependencyOnFailure: true,
        },
      })),
    );
    await waitFor(() => queue.ended(pageJob, pageId(2)));
    await waitFor(() => ran.length === 3);
    await queue.queueOf(sheetJob).resume();
    startSheets({});
    expect((await sheetEnd()).returnvalue).toEqual({ read: 2, unread: [unreadable] });
    expect(ran.length).toBe(3);
  });

  it('keep their outcome for a parent that was lost and is added again', async () => {
    const ran = startPages();
    startSheets({});
    await addSheet();
    await sheetEnd();
    await (await queue.queueOf(sheetJob).getJob('read-sheet_s1'))?.remove({ removeChildren: false });
    await addSheet();
    expect((await sheetEnd()).returnvalue).toEqual({ read: 2, unread: [unreadable] });
    expect(ran.length).toBe(3);
  });

  it('do not run again, nor block, when collecting fails and is repeated', async () => {
    const ran = startPages();
    let plans = 0;
    startSheets({
      plan: async () => {
        plans += 1;
        return children(3);
      },
      collect: async ({ attempt }, outcomes) => {
        if (attempt < 3) throw new Error('database away');
        return summary(outcomes);
      },
    });
    await addSheet();
    expect((await sheetEnd()).returnvalue).toEqual({ read: 2, unread: [unreadable] });
    expect([plans, ran.length]).toEqual([1, 3]);
  });

  it('are refused when another parent waits for them, in place of waiting for ever', async () => {
    startSheets({});
    await queue.add(sheetJob, { sheet: 'other' }, 'read-sheet_other');
    await waitFor(async () => (await queue.queueOf(sheetJob).getWaitingChildrenCount()) === 1);
    await addSheet();
    expect((await sheetEnd()).failedReason).toMatch(/^CHILD_TAKEN: /);
  });
});
