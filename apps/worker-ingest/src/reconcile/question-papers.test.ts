import { extractPaper, readPage } from '@gradeflow/contracts';
import { createDatabase, createRecordQuestionPaper } from '@gradeflow/database';
import { PermanentError } from '@gradeflow/errors';
import { createProducer, createWorkerGroup, type JobProducer, jobIdOf, type QueueLocation, type WorkerGroup } from '@gradeflow/queue';
import { connectFast } from '@gradeflow/redis';
import { testRedis, waitFor } from '@gradeflow/testing';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { createRecordSubmission } from '../record-submission.ts';
import { createIngestTest, type IngestTest } from '../testing/ingest-test.ts';
import { createReconciler, type ReconcileOptions } from './reconcile.ts';

let test: IngestTest;
let queue: QueueLocation;
let producer: JobProducer;
let workers: WorkerGroup;
let redis: ReturnType<typeof connectFast>;
beforeAll(async () => {
  test = await createIngestTest();
});
afterAll(() => test.close());
beforeEach(async () => {
  queue = testRedis();
  producer = createProducer(queue);
  workers = createWorkerGroup({ ...queue, log: test.log });
  redis = connectFast(queue.url, { name: 'test' });
  await waitFor(() => redis.ping());
  await waitFor(() => producer.gradingStates([{ submissionId: test.school.institutionId, run: 1 }]).then(() => true));
});
afterEach(async () => {
  await workers.close(2_000);
  await producer.close();
  redis.disconnect();
  for await (const id of test.spool.listReady()) await test.spool.remove(id);
});

const reconciler = (over: Partial<ReconcileOptions> = {}) =>
  createReconciler({
    ...{ ...test, producer, graceMs: 0 },
    recordSubmission: createRecordSubmission(test.database),
    recordQuestionPaper: createRecordQuestionPaper(test.database),
    ...over,
  });
const accept = () => test.accept({ purpose: 'question-paper' });
const record = async (id: string) => createRecordQuestionPaper(test.database)(await test.spool.getManifest(id));
const stateOf = async (paperId: string, run = 1) => (await producer.questionPaperStates([{ paperId, run }]))[0];
const rowOf = (id: string) => test.database.questionPapers.find(id);
const inSpool = async (id: string) => (await test.spool.findManifest(id)) !== null;
const noQuestions = { proposals: [], sections: [], choices: [], total: { stated: null, sum: null } };
/** Ends every paper's job at once, as a service that stays away too long does. */
const failEveryJob = () =>
  workers.start(
    extractPaper,
    async () => {
      throw new PermanentError({ code: 'POSTGRES_UNAVAILABLE', detail: 'The database was away.' });
    },
    { concurrency: 1 },
  );

/** Its pages wait for readers that are not there. */
const planPagesOnly = () =>
  workers.start(
    extractPaper,
    {
      child: readPage,
      plan: async ({ payload: { paperId, run } }) =>
        [1, 2].map((page) => ({
          jobId: jobIdOf(readPage, paperId, run, page),
          payload: { submissionId: paperId, run, page, file: page - 1, filePage: 1 },
        })),
      collect: async () => ({ pagesTotal: 2, proposals: 0 }),
    },
    { concurrency: 1 },
  );

describe('a question paper in the spool', () => {
  it('is started again when the queue has lost one of its pages alone, or has it in no line', async () => {
    const id = await accept();
    await record(id);
    await producer.enqueueQuestionPaper({ paperId: id, run: 1 });
    planPagesOnly();
    const pageKey = (run: number, page: number) => `${queue.prefix}:read-page:${jobIdOf(readPage, id, run, page)}`;
    const waits = (run: number) => redis.zscore(`${queue.prefix}:extract-paper:waiting-children`, jobIdOf(extractPaper, id, run));
    await waitFor(() => waits(1), { what: 'the pages of run 1' });
    const reconcile = reconciler({ lossEveryMs: 0 });
    await reconcile();
    expect((await rowOf(id))?.run).toBe(1);

    expect(await redis.del(pageKey(1, 2))).toBe(1);
    await reconcile();
    expect((await rowOf(id))?.run).toBe(2);
    expect([await stateOf(id, 1), await stateOf(id, 2)]).toEqual(['missing', 'pending']);

    await waitFor(() => waits(2), { what: 'the pages of run 2' });
    expect(await redis.zrem(`${queue.prefix}:read-page:prioritized`, jobIdOf(readPage, id, 2, 1))).toBe(1);
    await reconcile();
    expect((await rowOf(id))?.run).toBe(3);
    expect([await stateOf(id, 2), await stateOf(id, 3)]).toEqual(['missing', 'pending']);
  });

  it('is queued again when the queue lost it, by several replicas once, and never as a submission', async () => {
    const [paper, sheet] = [await accept(), await test.accept()];
    await Promise.all([reconciler()(), reconciler()()]);
    expect([await stateOf(paper), await stateOf(sheet)]).toEqual(['pending', 'missing']);
    expect(await producer.gradingStates([paper, sheet].map((submissionId) => ({ submissionId, run: 1 })))).toEqual(['missing', 'pending']);
  });

  it('is queued while Postgres is silent', async () => {
    const paper = await accept();
    const database = createDatabase({ url: 'postgres://postgres@127.0.0.1:1/none' });
    await reconciler({ database })();
    await database.close();
    expect(await stateOf(paper)).toBe('pending');
  });

  it('is recorded and started again when a run ended while a service was away', async () => {
    const id = await accept();
    failEveryJob();
    await producer.enqueueQuestionPaper({ paperId: id, run: 1 });
    await waitFor(async () => (await stateOf(id)) === 'failed', { what: 'the failed job' });
    await workers.close(2_000);
    expect(await rowOf(id)).toBeNull();
    const reconcile = reconciler();
    await reconcile();
    expect(await rowOf(id)).toMatchObject({ status: 'PROCESSING', run: 1 });
    await Promise.all([reconcile(), reconciler()()]);
    expect((await rowOf(id))?.run).toBe(2);
    expect(await stateOf(id, 2)).toBe('pending');
  });

  it('leaves it once it was read, and stays for a while when it could not be read', async () => {
    const [read, unreadable] = [await accept(), await accept()];
    for (const id of [read, unreadable]) await record(id);
    await test.database.questionPapers.saveAnalysis(read, [], noQuestions);
    await test.database.questionPapers.fail({ id: unreadable }, { code: 'PAPER_UNREADABLE', detail: 'No page.' });
    await reconciler()();
    expect([await inSpool(read), await inSpool(unreadable)]).toEqual([false, true]);
    expect(await stateOf(unreadable)).toBe('missing');
    const long = new Date(Date.now() - 8 * 24 * 60 * 60 * 1000);
    const { database } = test;
    const findMany = async (ids: string[]) => (await database.questionPapers.findMany(ids)).map((row) => ({ ...row, updatedAt: long }));
    await reconciler({ database: { ...database, questionPapers: { ...database.questionPapers, findMany } } })();
    expect(await inSpool(unreadable)).toBe(false);
  });
});

it('a question paper whose upload is gone from the spool fails in words', async () => {
  const id = await accept();
  await record(id);
  await test.spool.remove(id);
  await reconciler()();
  expect(await rowOf(id)).toMatchObject({ status: 'FAILED', reasonCode: 'PAPER_LOST' });
});
