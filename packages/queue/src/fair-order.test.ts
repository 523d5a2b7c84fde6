import { randomUUID } from 'node:crypto';
import { extractSheet, gradeSubmission, type JobDefinition, persistFile, readPage, recordMetadata } from '@gradeflow/contracts';
import { waitFor } from '@gradeflow/testing';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { lastTag, sharesKey, takeTags } from './fair-order.ts';
import { createProducer, type JobProducer, jobIdOf, type Processor, type SubmissionWork, submissionJobId } from './index.ts';
import { createQueueTest, type QueueTest, untilTaken } from './testing/queue-test.ts';

let queue: QueueTest;
let producer: JobProducer;
beforeEach(() => {
  queue = createQueueTest();
  producer = createProducer(queue);
});
afterEach(async () => {
  await producer.close();
  await queue.close();
});

const bigSchool = randomUUID();
const smallSchool = randomUUID();
const worksOf = (institutionId: string, count: number, pages = 1): SubmissionWork[] =>
  Array.from({ length: count }, () => ({ submissionId: randomUUID(), run: 1, share: { institutionId, pages } }));

/** What waits, as BullMQ keeps it. */
const waitingKey = () => `${queue.prefix}:${readPage.name}:prioritized`;
const scoreOf = (tag: number, order: number) => tag * 2 ** 32 + order;

const anyPages = fc.integer({ min: 1, max: 9 });
const anyStep = fc.oneof(
  { weight: 3, arbitrary: fc.record({ school: fc.constantFrom('a', 'b', 'c'), pages: anyPages, count: fc.integer({ min: 1, max: 12 }) }) },
  { weight: 2, arbitrary: fc.record({ taken: fc.integer({ min: 1, max: 15 }) }) },
);

interface Waiting {
  school: string;
  pages: number;
  /** Pages of its school that waited when it came, its own among them. */
  backlog: number;
  /** Pages of each other school that went first since. */
  overtaken: Map<string, number>;
}

describe('the order of work', () => {
  it('lets no school go before a sheet with more pages than that sheet’s own school had waiting, and keeps each school’s own order', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(anyStep, { minLength: 5, maxLength: 40 }), async (steps) => {
        await queue.redis.del(waitingKey(), sharesKey(queue.prefix));
        const waiting = new Map<string, Waiting>();
        let order = 0;
        const comes = async (school: string, pages: number) => {
          const [tag = 0] = await takeTags(queue.redis, queue.prefix, [{ institutionId: school, pages }]);
          expect(tag).toBeLessThanOrEqual(lastTag);
          const before = [...waiting.values()].filter((one) => one.school === school).reduce((sum, one) => sum + one.pages, 0);
          order += 1;
          waiting.set(String(order), { school, pages, backlog: before + pages, overtaken: new Map() });
          await queue.redis.zadd(waitingKey(), scoreOf(tag, order), String(order));
        };
        const goes = async () => {
          const [id = ''] = await queue.redis.zpopmin(waitingKey());
          const gone = waiting.get(id);
          waiting.delete(id);
          if (!gone) return;
          for (const [otherId, other] of waiting) {
            if (other.school === gone.school) expect(Number(otherId)).toBeGreaterThan(Number(id));
            const pages = (other.overtaken.get(gone.school) ?? 0) + gone.pages;
            other.overtaken.set(gone.school, pages);
            // One sheet of the most pages was on its way already.
            if (other.school !== gone.school) expect(pages).toBeLessThanOrEqual(other.backlog + 9);
          }
        };
        for (const step of steps) {
          if ('taken' in step) for (let i = 0; i < step.taken; i += 1) await goes();
          else for (let i = 0; i < step.count; i += 1) await comes(step.school, step.pages);
        }
      }),
      { numRuns: 40 },
    );
  });

  it('begins anew where Redis forgot it, from what waits where only it was forgotten, and never leaves what BullMQ takes', async () => {
    const tagFor = async (institutionId: string, pages = 1) => (await takeTags(queue.redis, queue.prefix, [{ institutionId, pages }]))[0];
    expect(await tagFor(bigSchool, 100)).toBe(100);
    await queue.redis.zadd(waitingKey(), scoreOf(100, 1), 'one');
    await queue.redis.del(sharesKey(queue.prefix));
    expect(await tagFor(smallSchool)).toBe(101);
    expect(await tagFor(bigSchool, 2 ** 30)).toBe(lastTag);
    expect(await tagFor(bigSchool)).toBe(lastTag);
    expect(await tagFor(smallSchool)).toBe(102);
    await queue.redis.del(waitingKey());
    expect(await tagFor(bigSchool)).toBe(1);
    await queue.redis.del(sharesKey(queue.prefix));
    expect(await tagFor(smallSchool)).toBe(1);
  });

  it('treats everybody alike once nothing waits, whatever was done before', async () => {
    const tags = () => takeTags(queue.redis, queue.prefix, [{ institutionId: bigSchool }, { institutionId: smallSchool }]);
    for (let i = 0; i < 5; i += 1) await takeTags(queue.redis, queue.prefix, [{ institutionId: bigSchool, pages: 50 }]);
    const [ofBig = 0, ofSmall = 0] = await tags();
    expect(ofBig).toBe(ofSmall);
    expect(await queue.redis.hlen(sharesKey(queue.prefix))).toBe(4);
  });
});

describe('many sheets of one school', () => {
  const results: Record<string, unknown> = {
    [extractSheet.name]: { pagesTotal: 1, pagesUnreadable: 0, pagesBlank: 0 },
    [persistFile.name]: { files: 1 },
    [recordMetadata.name]: { duplicateOf: null },
    [gradeSubmission.name]: { status: 'GRADED', gradingId: null },
  };

  it('do not hold up the ten of another: those are graded among the next ones, and the many go on beside them', async () => {
    const many = worksOf(bigSchool, 800);
    const few = worksOf(smallSchool, 10);
    await untilTaken(() => producer.enqueueSubmissions(many));
    for (const work of few) await untilTaken(() => producer.enqueueSubmission(work));
    const ofFew = new Set(few.map(({ submissionId }) => submissionId));
    const graded: string[] = [];
    const group = queue.group();
    for (const definition of [extractSheet, persistFile, recordMetadata, gradeSubmission]) {
      const processor = async ({ payload }: { payload: unknown }) => {
        if (definition === gradeSubmission) graded.push((payload as SubmissionWork).submissionId);
        return results[definition.name];
      };
      group.start(definition as JobDefinition, processor as Processor<JobDefinition>, { concurrency: 2 });
    }
    await waitFor(() => few.every(({ submissionId }) => graded.includes(submissionId)), { timeoutMs: 30_000, what: 'the few' });
    const places = graded.flatMap((id, index) => (ofFew.has(id) ? [index] : []));
    // Ten and ten, and what the workers of the steps hold at once.
    expect(places.at(-1)).toBeLessThan(40);
    expect(graded.slice(0, 40).filter((id) => !ofFew.has(id)).length).toBeGreaterThanOrEqual(10);
  });

  it('have pages that wait where their sheet does, and so do regrades and question papers', async () => {
    const [first, second] = [worksOf(bigSchool, 1, 30)[0], worksOf(bigSchool, 1, 30)[0]] as [SubmissionWork, SubmissionWork];
    for (const work of [first, second]) await untilTaken(() => producer.enqueueSubmission(work));
    const child = { ...first, page: 1, file: 0, filePage: 1 };
    const { share: _, ...payload } = { ...child, submissionId: second.submissionId };
    const childId = jobIdOf(readPage, second.submissionId, 1, 1);
    const group = queue.group();
    group.start(
      extractSheet,
      {
        child: readPage,
        plan: async (context) => (context.payload.submissionId === second.submissionId ? [{ jobId: childId, payload }] : []),
        collect: async () => ({ pagesTotal: 1, pagesUnreadable: 0, pagesBlank: 0 }),
      },
      { concurrency: 1 },
    );
    const priorityOf = async (definition: JobDefinition, jobId: string) =>
      (await queue.queueOf(definition).getJob(jobId))?.priority ?? null;
    await waitFor(async () => (await priorityOf(readPage, childId)) !== null);
    for (const step of [extractSheet, persistFile, recordMetadata, gradeSubmission])
      expect(await priorityOf(step, submissionJobId(step, second))).toBe(60);
    expect(await priorityOf(readPage, childId)).toBe(60);
    const regrade = { ...second, run: 2, share: { institutionId: bigSchool } };
    const paperId = randomUUID();
    await producer.enqueueGrading(regrade);
    await producer.enqueueQuestionPaper({ paperId, run: 1, share: { institutionId: bigSchool, pages: 4 } });
    expect(await priorityOf(gradeSubmission, submissionJobId(gradeSubmission, regrade))).toBe(61);
    expect(await priorityOf({ name: 'extract-paper' } as JobDefinition, `extract-paper_${paperId}_1`)).toBe(65);
  });
});
