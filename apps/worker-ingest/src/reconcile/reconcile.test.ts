import { readdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { PassThrough } from 'node:stream';
import { buildReport, deliverNotification, type Question } from '@gradeflow/contracts';
import { createDatabase, createRecordQuestionPaper } from '@gradeflow/database';
import { PermanentError, UnavailableError } from '@gradeflow/errors';
import { createLogger } from '@gradeflow/logger';
import { createProducer, createWorkerGroup, type JobProducer, jobIdOf, type QueueLocation, type WorkerGroup } from '@gradeflow/queue';
import { connectFast } from '@gradeflow/redis';
import { storageKeys } from '@gradeflow/storage';
import { testRedis, waitFor } from '@gradeflow/testing';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { uuidv7 } from 'uuidv7';
import { createRecordSubmission } from '../record-submission.ts';
import { type FleetOptions, saveEmptyGrading, startFleet } from '../testing/fleet.ts';
import { createIngestTest, type IngestTest } from '../testing/ingest-test.ts';
import { createReconciler, type ReconcileOptions } from './reconcile.ts';

let test: IngestTest;
let queue: QueueLocation;
let producer: JobProducer;
let groups: WorkerGroup[];
beforeAll(async () => {
  test = await createIngestTest();
});
afterAll(() => test.close());
beforeEach(async () => {
  queue = testRedis();
  groups = [];
  producer = createProducer(queue);
  await waitFor(() => producer.gradingStates([{ submissionId: test.school.institutionId, run: 1 }]).then(() => true));
});
afterEach(async () => {
  await Promise.all(groups.map((group) => group.close(2_000)));
  await producer.close();
  for await (const id of test.spool.listReady()) await test.spool.remove(id);
});

const reconciler = (over: Partial<ReconcileOptions> = {}) =>
  createReconciler({
    ...{ ...test, producer, graceMs: 0 },
    recordSubmission: createRecordSubmission(test.database),
    recordQuestionPaper: createRecordQuestionPaper(test.database),
    ...over,
  });
const fleet = (options?: FleetOptions) => groups.push(startFleet(test, queue, options));
const stateOf = async (submissionId: string, run = 1) => (await producer.gradingStates([{ submissionId, run }]))[0];
const rowOf = (id: string) => test.database.submissions.find(id);
const inSpool = async (id: string) => (await test.spool.findManifest(id)) !== null;
const until = (what: string, condition: () => Promise<boolean>) => waitFor(condition, { what, timeoutMs: 15_000 });
/** As the reconciler does it: a producer that gives up after half a second on a busy machine is asked again, the ids being the same. */
const enqueue = (submissionId: string) => until('the queue', () => producer.enqueueSubmission({ submissionId, run: 1 }).then(() => true));
const graded = (id: string) => until('the grading', async () => (await rowOf(id))?.status === 'GRADED');
const ended = (id: string, run = 1) =>
  until('the end of the run', async () => ['completed', 'failed'].includes((await stateOf(id, run)) ?? ''));
/** A temporary fault that is not tried again, so that the test need not wait for the tries. */
const awayForGood = new PermanentError({ code: 'POSTGRES_UNAVAILABLE', detail: 'The database was away.' });

async function newReport(): Promise<string> {
  const report = { id: uuidv7(), institutionId: test.school.institutionId, assessmentId: test.school.assessment.id };
  const asked = { createdBy: test.school.people.teacher, kind: 'marksheet', format: 'pdf', studentId: null } as const;
  await test.database.reports.insert({ ...report, ...asked });
  return report.id;
}

async function forgetQueue(): Promise<void> {
  const redis = connectFast(queue.url, { name: 'test' });
  await waitFor(() => redis.ping());
  const keys = await redis.keys(`${queue.prefix.replace(/[[\]*?]/g, '\\$&')}*`);
  expect(keys.length).toBeGreaterThan(0);
  await redis.unlink(keys);
  redis.disconnect();
}

describe('an upload in the spool', () => {
  it.each(['extract-sheet', 'persist-file', 'record-metadata'])(
    'is started again when the queue has lost its %s alone, and graded once',
    async (step) => {
      const id = await test.accept();
      await enqueue(id);
      const reconcile = reconciler({ lossEveryMs: 0 });
      await createRecordSubmission(test.database)(await test.spool.getManifest(id));
      await reconcile();
      expect((await rowOf(id))?.run).toBe(1);
      const redis = connectFast(queue.url, { name: 'test' });
      await waitFor(() => redis.ping());
      expect(await redis.del(`${queue.prefix}:${step}:${step}_${id}_1`)).toBe(1);
      redis.disconnect();
      expect(await stateOf(id)).toBe('pending');
      await reconcile();
      expect((await rowOf(id))?.run).toBe(2);
      expect([await stateOf(id, 1), await stateOf(id, 2)]).toEqual(['missing', 'pending']);
      fleet();
      await graded(id);
      expect(await test.database.gradings.list(id)).toHaveLength(1);
    },
  );

  it('gets its flow again when the queue forgot it, is graded once, and then leaves the spool', async () => {
    const id = await test.accept();
    await enqueue(id);
    await forgetQueue();
    expect(await stateOf(id)).toBe('missing');
    const reconcile = reconciler();
    await Promise.all([reconcile(), reconciler()()]);
    expect(await stateOf(id)).toBe('pending');
    fleet();
    await graded(id);
    await ended(id);
    await reconcile();
    expect(await inSpool(id)).toBe(false);
    expect(await test.database.gradings.list(id)).toHaveLength(1);
    expect((await test.storage.readBytes(storageKeys.original(id, 'original/1.png'))).toString()).toBe('first page');
  });

  it('is left alone while its sender may still be queueing it', async () => {
    const id = await test.accept();
    const reconcile = reconciler({ graceMs: 60_000 });
    await reconcile();
    await reconcile();
    expect(await stateOf(id)).toBe('missing');
  });

  it('stays in the spool while its originals are not stored, although it is graded', async () => {
    const id = await test.accept();
    await createRecordSubmission(test.database)(await test.spool.getManifest(id));
    await saveEmptyGrading(test, { submissionId: id, run: 1 });
    await reconciler()();
    expect(await inSpool(id)).toBe(true);
    await test.database.submissions.setPersisted(id);
    await reconciler()();
    expect(await inSpool(id)).toBe(false);
  });

  it('is started again by one of two replicas when a run ended because a service was away', async () => {
    const id = await test.accept();
    let away = true;
    fleet({
      extract: async () => {
        if (away) throw awayForGood;
        return { pagesTotal: 2, pagesUnreadable: 0, pagesBlank: 0 };
      },
    });
    await enqueue(id);
    await ended(id);
    await until('the row', async () => (await rowOf(id)) !== null);
    expect((await rowOf(id))?.status).toBe('PROCESSING');
    away = false;
    await Promise.all([reconciler()(), reconciler()()]);
    await graded(id);
    expect((await rowOf(id))?.run).toBe(2);
    expect(await test.database.gradings.list(id)).toHaveLength(1);
  });

  it('is recorded and started again when it could not even be recorded', async () => {
    const id = await test.accept();
    let away = true;
    const record: FleetOptions['record'] = async ({ payload }) => {
      if (away) throw awayForGood;
      const row = await createRecordSubmission(test.database)(await test.spool.getManifest(payload.submissionId));
      return { duplicateOf: row.duplicateOf };
    };
    fleet({ record });
    await enqueue(id);
    await ended(id);
    expect(await rowOf(id)).toBeNull();
    away = false;
    const reconcile = reconciler();
    await reconcile();
    await reconcile();
    await graded(id);
  });

  it('stays failed, with its files for a retry, when the sheet itself was the fault', async () => {
    const id = await test.accept();
    fleet({
      extract: async () => {
        throw new PermanentError({ code: 'SHEET_UNREADABLE', detail: 'No page could be read.' });
      },
    });
    await enqueue(id);
    await until('the failure', async () => (await rowOf(id))?.status === 'FAILED');
    await reconciler()();
    expect(await rowOf(id)).toMatchObject({
      status: 'FAILED',
      reasonCode: 'SHEET_UNREADABLE',
      reasonDetail: 'No page could be read.',
      run: 1,
    });
    expect(await inSpool(id)).toBe(true);
    expect(await stateOf(id, 2)).toBe('missing');
  });

  it('that was deleted leaves nothing behind, but not before its open steps have seen it', async () => {
    const [id, open] = [await test.accept(), await test.accept()];
    await createRecordSubmission(test.database)(await test.spool.getManifest(id));
    await test.storage.putBytes(storageKeys.original(id, 'original/1.png'), Buffer.from('x'));
    await enqueue(open);
    for (const one of [id, open]) await test.spool.markDeleted(one);
    await reconciler()();
    expect(await inSpool(id)).toBe(false);
    expect(await test.database.submissions.isDeleted(id)).toBe(true);
    expect(await test.storage.find(storageKeys.original(id, 'original/1.png'))).toBeNull();
    expect(await stateOf(id)).toBe('missing');
    expect(await inSpool(open)).toBe(true);
  });

  it('with a damaged manifest is set apart with the reason and gets no flow', async () => {
    const id = await test.accept();
    await writeFile(path.join(test.spool.root, 'ready', id, 'manifest.json'), '{');
    await reconciler()();
    expect(await readdir(path.join(test.spool.root, 'quarantine', id))).toContain('reason.txt');
    expect(await stateOf(id)).toBe('missing');
  });
});

describe('with a service away', () => {
  it('still queues what was lost while Postgres is silent', async () => {
    const id = await test.accept();
    const database = createDatabase({ url: 'postgres://postgres@127.0.0.1:1/none' });
    await reconciler({ database })();
    await database.close();
    expect(await stateOf(id)).toBe('pending');
  });

  it('does nothing without the queue and says so once, until it is back', async () => {
    await test.accept();
    const lines: string[] = [];
    const log = createLogger(
      { name: 'test', level: 'info' },
      new PassThrough().on('data', (line) => lines.push(String(line))),
    );
    let current: JobProducer = createProducer({ url: 'redis://127.0.0.1:1', prefix: 'none' });
    const away = current;
    const switching = new Proxy(producer, { get: (_, name: keyof JobProducer) => current[name] });
    const reconcile = reconciler({ producer: switching, log });
    for (let round = 0; round < 3; round += 1) await reconcile();
    current = producer;
    for (let round = 0; round < 2; round += 1) await reconcile();
    await away.close();
    expect(lines.filter((line) => line.includes('waits for a service'))).toHaveLength(1);
    expect(lines.filter((line) => line.includes('goes on'))).toHaveLength(1);
  });
});

describe('what Postgres knows to be unfinished', () => {
  const question: Question = {
    ...{ id: uuidv7(), number: '1', prompt: '', type: 'FREE_TEXT', maxScore: 5, lang: 'en' },
    ...{ modelAnswers: [], rubric: null, exemplars: [] },
  };

  /** Recorded, stored, and out of the spool. */
  const finished = async (waitingCause: string | null = null) => {
    const id = await test.accept();
    await createRecordSubmission(test.database)(await test.spool.getManifest(id));
    await saveEmptyGrading(test, { submissionId: id, run: 1 }, waitingCause);
    await test.spool.remove(id);
    return id;
  };

  it('is graded again when a regrade was lost, without reading the sheet anew', async () => {
    const id = await finished();
    await test.database.submissions.nextRun(id, { fromFailed: false, stages: ['grade'] });
    await reconciler()();
    let extracted = 0;
    fleet({
      extract: async () => {
        extracted += 1;
        return { pagesTotal: 0, pagesUnreadable: 0, pagesBlank: 0 };
      },
    });
    await graded(id);
    expect(extracted).toBe(0);
    expect((await test.database.gradings.list(id)).map(({ run }) => run)).toEqual([2, 1]);
  });

  it('is graded again when the run of a correction was lost; a repeated run is about the corrected answer still', async () => {
    const id = await finished('NO_QUESTIONS');
    const { submissions, gradings, corrections } = test.database;
    const questionId = uuidv7();
    const result = { questionId, number: '1', score: 1, maxScore: 1, confidence: 1, needsReview: false, answerText: 'a', feedback: '' };
    const questions = [{ ...result, criteria: [], reviewReasons: [], regions: [] }];
    await submissions.nextRun(id, { fromFailed: false, stages: ['grade'] });
    const fence = (await submissions.takeFence(id)) ?? 0;
    const grading = { id: uuidv7(), grader: 'offline' as const, rubricVersion: 0, score: 1, maxScore: 1, questions, unassigned: [] };
    await gradings.saveMachineGrading({ submissionId: id, run: 2, fence, pages: [], status: 'GRADED', waitingCause: null, grading });
    const by = test.school.people.teacher;
    expect(await corrections.save({ id: uuidv7(), submissionId: id, questionId, by, change: { text: 'b' } })).toEqual({ run: 3 });
    await reconciler()();
    expect(await stateOf(id, 3)).toBe('pending');
    await submissions.nextRun(id, { fromFailed: false, stages: ['grade'], ifRun: 3 });
    expect(await corrections.findScope(id)).toEqual([questionId]);
    await submissions.nextRun(id, { fromFailed: false, stages: ['grade'] });
    expect(await corrections.findScope(id)).toEqual([]);
  });

  it('is graded once its assessment has questions, and not before', async () => {
    const id = await finished('NO_QUESTIONS');
    await reconciler()();
    expect(await rowOf(id)).toMatchObject({ status: 'NEEDS_REVIEW', run: 1 });
    await test.database.assessments.saveQuestions(test.school.assessment.id, [question], test.school.people.teacher);
    await Promise.all([reconciler()(), reconciler()()]);
    expect(await rowOf(id)).toMatchObject({ status: 'PROCESSING', run: 2 });
    expect(await stateOf(id, 2)).toBe('pending');
  });

  it('gets its report queued again when that stands in no line of the queue, and waits its turn otherwise', async () => {
    const { database } = test;
    const [lost, waiting] = [await newReport(), await newReport()];
    for (const id of [lost, waiting]) await until('the queue', () => producer.enqueueReport(id).then(() => true));
    const redis = connectFast(queue.url, { name: 'test' });
    await waitFor(() => redis.ping());
    const line = `${queue.prefix}:build-report:wait`;
    expect(await redis.lrem(line, 0, jobIdOf(buildReport, lost))).toBe(1);
    const reports = { ...database.reports, listUnfinished: (_: number, limit: number) => database.reports.listUnfinished(-60_000, limit) };
    await reconciler({ lossEveryMs: 0, database: { ...database, reports } })();
    // The newest stands first in it.
    expect(await redis.lrange(line, 0, -1)).toEqual([lost, waiting].map((id) => jobIdOf(buildReport, id)));
    redis.disconnect();
    for (const id of [lost, waiting]) await database.reports.setStatus(id, 'READY');
  });

  it('gets its notice and its report queued again', async () => {
    const id = await finished();
    const { database } = test;
    const report = { id: await newReport() };
    // As if they were old enough; the queries are the real ones.
    const gradings = {
      ...database.gradings,
      listUnannounced: (_: number, limit: number) => database.gradings.listUnannounced(-60_000, limit),
    };
    const reports = { ...database.reports, listUnfinished: (_: number, limit: number) => database.reports.listUnfinished(-60_000, limit) };
    const reconcile = reconciler({ database: { ...database, gradings, reports } });
    await reconcile();
    const seen: string[] = [];
    const group = createWorkerGroup({ ...queue, log: test.log });
    groups.push(group);
    group.start(deliverNotification, async ({ payload }) => ({ delivered: seen.push(payload.gradingId) }), { concurrency: 1 });
    const failReport = async () => {
      throw new PermanentError({ code: 'TEST', detail: 'never works' });
    };
    group.start(buildReport, failReport, { concurrency: 1 });
    const [grading] = await database.gradings.list(id);
    await until('the notice', async () => seen.includes(grading?.id ?? ''));
    await until('the end of the report', async () => (await producer.reportState(report.id)) === 'failed');
    await reconcile();
    expect(await database.reports.find(report.id)).toMatchObject({
      status: 'FAILED',
      reason: expect.stringContaining('could not be built'),
    });
  });
});

it('goes on with the other uploads when one cannot be looked at', async () => {
  const [broken, fine] = [await test.accept(), await test.accept()];
  await createRecordSubmission(test.database)(await test.spool.getManifest(fine));
  await saveEmptyGrading(test, { submissionId: fine, run: 1 });
  await test.database.submissions.setPersisted(fine);
  const findManifest = async (id: string) => {
    if (id === broken) throw new UnavailableError({ code: 'SPOOL_UNAVAILABLE', detail: 'EIO' });
    return test.spool.findManifest(id);
  };
  await reconciler({ spool: { ...test.spool, findManifest } })();
  expect(await inSpool(fine)).toBe(false);
});
