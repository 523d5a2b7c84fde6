import { randomUUID } from 'node:crypto';
import {
  extractSheet,
  gradeSubmission,
  type JobDefinition,
  persistFile,
  recordMetadata,
  type SubmissionPayload,
} from '@gradeflow/contracts';
import { PermanentError } from '@gradeflow/errors';
import { waitFor } from '@gradeflow/testing';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { createProducer, type JobProducer, type Processor, submissionJobId, type WorkerGroup } from './index.ts';
import { createQueueTest, type QueueTest, untilTaken } from './testing/queue-test.ts';

const steps = [extractSheet, persistFile, recordMetadata, gradeSubmission];

let queue: QueueTest;
let producer: JobProducer;
let group: WorkerGroup;
/** What happened, in order: `<submission> <step>` at the end of each processor, `… failed <CODE>` when the observer is told. */
let events: string[];

beforeEach(() => {
  queue = createQueueTest();
  producer = createProducer(queue);
  group = queue.group();
  events = [];
});
afterEach(async () => {
  await producer.close();
  await queue.close();
});

const payload = (): SubmissionPayload => ({ submissionId: randomUUID(), run: 1 });
const results: Record<string, unknown> = {
  'extract-sheet': { pagesTotal: 1, pagesUnreadable: 0, pagesBlank: 0 },
  'persist-file': { files: 1 },
  'record-metadata': { duplicateOf: null },
  'grade-submission': { status: 'GRADED', gradingId: null },
};

/** Starts a worker for every step; `behaviour` replaces what single steps do. */
function startFlow(behaviour: Record<string, () => Promise<void>> = {}): void {
  for (const definition of steps) {
    const processor = async ({ payload }: { payload: unknown }) => {
      await behaviour[definition.name]?.();
      events.push(`${(payload as SubmissionPayload).submissionId} ${definition.name}`);
      return results[definition.name];
    };
    group.start(definition as JobDefinition, processor as Processor<JobDefinition>, {
      concurrency: 4,
      observer: {
        failedForGood: async (given, _at, reason) => {
          events.push(`${(given as SubmissionPayload).submissionId} ${definition.name} failed ${reason.code}: ${reason.detail}`);
        },
      },
    });
  }
}

const stateOf = async (given: SubmissionPayload) => (await producer.gradingStates([given]))[0];

describe('the submission flow', () => {
  it('starts the three children side by side and grades only after the last of them', async () => {
    const given = payload();
    let release = () => {};
    const gate = new Promise<void>((resolve) => {
      release = resolve;
    });
    startFlow({ 'record-metadata': () => gate });
    await untilTaken(() => producer.enqueueSubmission(given));
    await waitFor(() => events.length === 2, { what: 'the two open children' });
    const parent = await queue.queueOf(gradeSubmission).getJob(submissionJobId(gradeSubmission, given));
    expect(await parent?.getState()).toBe('waiting-children');
    expect(await stateOf(given)).toBe('pending');
    release();
    await waitFor(async () => (await stateOf(given)) === 'completed');
    expect(events.slice(0, 2).sort()).toEqual([`${given.submissionId} extract-sheet`, `${given.submissionId} persist-file`]);
    expect(events.slice(2)).toEqual([`${given.submissionId} record-metadata`, `${given.submissionId} grade-submission`]);
  });

  it('fails as a whole when a child fails for good: told once each, with the reason of the child, and nothing is graded', async () => {
    const given = payload();
    startFlow({
      'extract-sheet': async () => {
        throw new PermanentError({ code: 'PDF_UNREADABLE', detail: 'The file is damaged.' });
      },
    });
    await untilTaken(() => producer.enqueueSubmission(given));
    await waitFor(async () => (await stateOf(given)) === 'failed' && events.length === 4, { what: 'the end of the flow' });
    expect([...events].sort()).toEqual(
      [
        `${given.submissionId} extract-sheet failed PDF_UNREADABLE: The file is damaged.`,
        `${given.submissionId} grade-submission failed PDF_UNREADABLE: The file is damaged.`,
        `${given.submissionId} persist-file`,
        `${given.submissionId} record-metadata`,
      ].sort(),
    );
  });

  it('runs nothing twice when the same runs are added again, waiting or finished, and everything under a higher run', async () => {
    const all = Array.from({ length: 120 }, payload);
    await untilTaken(() => producer.enqueueSubmissions(all));
    await producer.enqueueSubmissions(all);
    expect(new Set(await producer.gradingStates([...all, payload()]))).toEqual(new Set(['pending', 'missing']));
    startFlow();
    await waitFor(async () => (await producer.gradingStates(all)).every((state) => state === 'completed'));
    await producer.enqueueSubmissions(all);
    const [first] = all as [SubmissionPayload];
    const again = { ...first, run: 2 };
    await producer.enqueueGrading(again);
    await waitFor(async () => (await stateOf(again)) === 'completed');
    expect(events.length).toBe(120 * 4 + 1);
  });

  it('puts nothing into the queue that the payload does not declare', async () => {
    const careless = { ...payload(), studentName: 'Ada' };
    await expect(producer.enqueueSubmission(careless)).rejects.toThrow(/studentName/);
    expect(await queue.redis.keys(`${queue.prefix}:*${careless.submissionId}*`)).toEqual([]);
  });

  it('knows reports and notices by their ids', async () => {
    const reportId = randomUUID();
    await untilTaken(() => producer.enqueueReport(reportId));
    await producer.enqueueReport(reportId);
    await producer.enqueueNotification(randomUUID());
    expect([await producer.reportState(reportId), await producer.reportState(randomUUID())]).toEqual(['pending', 'missing']);
    expect(await queue.queueOf({ name: 'build-report' }).getWaitingCount()).toBe(1);
    expect(await queue.queueOf({ name: 'deliver-notification' }).getWaitingCount()).toBe(1);
  });
});
