import { persistFile, recordMetadata } from '@gradeflow/contracts';
import { UnavailableError } from '@gradeflow/errors';
import { waitFor } from '@gradeflow/testing';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import request from 'supertest';
import { uuidv7 } from 'uuidv7';
import { holdForever } from '../../testing/idle-fleet.ts';
import { recordPaper } from '../../testing/record-paper.ts';
import { recordSubmission, spoolSubmission } from '../../testing/record-submission.ts';
import { type StillGateway, startStillGateway } from '../../testing/still-gateway.ts';

let gateway: StillGateway;
beforeAll(async () => {
  gateway = await startStillGateway();
});
afterEach(async () => {
  await gateway.endWorkers();
  // What one test leaves in a queue would stand before the jobs of the next.
  for (const queue of gateway.ports.boardQueues.queues) await queue.obliterate({ force: true });
  await waitFor(async () => (await gateway.ports.queueLook.overview()).workers.length === 0);
});
afterAll(() => gateway.close());

const away = () => Promise.reject(new UnavailableError({ code: 'STORAGE_UNAVAILABLE', detail: 'The storage is away.' }));

async function read(path: string, user = gateway.cast.teacher) {
  const answer = await request(gateway.app)
    .get(path)
    .set('Authorization', await gateway.as(user));
  expect(answer.status).toBe(200);
  return answer.body.waitingFor;
}
const sheet = (id: string, user = gateway.cast.teacher) => read(`/v1/submissions/${id}`, user);
const inFuture = (time: string) => Date.parse(time) - Date.now();

async function queuedSubmission(studentId: string | null = null): Promise<string> {
  const { id } = await recordSubmission(gateway, { studentId });
  await gateway.ports.producer.enqueueSubmission({ submissionId: id, run: 1 });
  return id;
}

describe('a sheet that does not move', () => {
  it('waits for a worker while there is none, and a student is told nothing of that', async () => {
    const { student } = gateway.cast;
    const id = await queuedSubmission(student.id);
    const why = await sheet(id);
    expect(why).toMatchObject({ cause: 'NO_WORKER', next: expect.stringContaining('worker-'), nextAt: null });
    expect(Date.parse(why.since)).toBeLessThanOrEqual(Date.now());
    const told = await sheet(id, student);
    expect([told.cause, told.nextAt]).toEqual(['QUEUED', null]);
    expect(told.next).not.toMatch(/worker|queue|extract|persist/i);
  });

  it('is tried again, and says when and why', async () => {
    await gateway.startWorkers(away);
    const { student } = gateway.cast;
    const id = await queuedSubmission(student.id);
    const why = await waitFor(async () => {
      const said = await sheet(id);
      return said?.cause === 'RETRYING' ? said : undefined;
    });
    expect(why.next).toContain('The storage is away');
    expect(inFuture(why.nextAt)).toBeLessThan(60_000);
    expect(Date.parse(why.nextAt)).toBeGreaterThan(Date.parse(why.since));
    const told = await waitFor(async () => {
      const said = await sheet(id, student);
      return said?.cause === 'RETRYING' ? said : undefined;
    });
    expect([told.nextAt, told.next]).toEqual([null, 'A step did not succeed and is tried again by itself.']);
  });

  it('waits for its turn while every worker is busy; of the one that is worked on it says so', async () => {
    await gateway.startWorkers(holdForever, [persistFile]);
    const [first, second, third] = [await queuedSubmission(), await queuedSubmission(), await queuedSubmission()];
    // Only its copying to the storage has a worker: the other steps are done.
    for (const definition of ['extract-sheet', 'record-metadata'])
      for (const id of [first, second, third]) await forgetChild(definition, id);
    const held = await waitFor(async () => {
      const whys = await Promise.all([first, second, third].map((id) => sheet(id)));
      return whys[0]?.cause === 'WORKING' ? whys : undefined;
    });
    expect(held.slice(1)).toMatchObject([
      { cause: 'QUEUED', next: expect.stringContaining('busy') },
      { cause: 'QUEUED', next: expect.stringMatching(/\d+ (is|are) before it|the next one/) },
    ]);
  });

  it('waits for whoever paused its queue', async () => {
    await gateway.startWorkers(holdForever);
    const queue = gateway.ports.boardQueues.queues.find(({ name }) => name === 'persist-file');
    const others = ['extract-sheet', 'record-metadata'];
    await queue?.pause();
    const id = await queuedSubmission();
    for (const name of others) await forgetChild(name, id);
    await waitFor(async () => (await sheet(id))?.cause === 'QUEUE_PAUSED');
    await queue?.resume();
  });

  it('that the queue has never heard of, or has lost, is queued again by the reconciler', async () => {
    await gateway.startWorkers(holdForever);
    const lost = await recordSubmission(gateway);
    const why = await sheet(lost.id);
    expect(why).toMatchObject({ cause: 'NOT_QUEUED', next: expect.stringContaining('queued again by itself') });
    expect(inFuture(why.nextAt)).toBeLessThanOrEqual(7_000);
    expect(inFuture(why.nextAt)).toBeGreaterThan(-5_000);
    const spooled = await spoolSubmission(gateway);
    expect(await sheet(spooled.submissionId)).toMatchObject({ cause: 'NOT_QUEUED' });
  });

  it('whose queue has lost a single step says that it is started again by itself', async () => {
    await gateway.startWorkers(holdForever, [recordMetadata]);
    const id = await queuedSubmission();
    for (const name of ['extract-sheet', 'record-metadata']) await forgetChild(name, id);
    await gateway.ports.cacheRedis.del(`${gateway.queueAt.prefix}:persist-file:persist-file_${id}_1`);
    expect(await sheet(id)).toMatchObject({ cause: 'LOST_FLOW', nextAt: null, next: expect.stringContaining('by itself') });
  });

  it('says that somebody is at it while one step takes long', async () => {
    const { student } = gateway.cast;
    const id = await queuedSubmission(student.id);
    expect(await sheet(id)).toMatchObject({ cause: 'NO_WORKER' });
    await gateway.startWorkers(holdForever);
    const why = await waitFor(async () => {
      const said = await sheet(id);
      return said?.cause === 'WORKING' ? said : undefined;
    });
    expect([why.next, why.nextAt]).toEqual([expect.stringMatching(/^A worker is at it \([a-z-]+\)/), null]);
    const told = await sheet(id, student);
    expect([told.cause, told.next]).toEqual(['WORKING', expect.not.stringMatching(/worker|queue|extract|persist/i)]);
  });
});

/** As if this step had ended: its parent no longer waits for it. */
async function forgetChild(name: string, submissionId: string): Promise<void> {
  const { prefix } = gateway.queueAt;
  const jobId = `${name}_${submissionId}_1`;
  await gateway.ports.cacheRedis.srem(
    `${prefix}:grade-submission:grade-submission_${submissionId}_1:dependencies`,
    `${prefix}:${name}:${jobId}`,
  );
}

describe('question papers and reports', () => {
  const newReport = () => {
    const { teacher, assessment } = gateway.cast;
    const owner = { institutionId: teacher.institutionId, assessmentId: assessment.id, createdBy: teacher.id, studentId: null };
    return gateway.ports.database.reports.insert({ id: uuidv7(), ...owner, kind: 'marksheet', format: 'pdf' });
  };

  it('a paper says the same of itself', async () => {
    const paper = await recordPaper(gateway);
    await gateway.ports.producer.enqueueQuestionPaper({ paperId: paper.id, run: 1 });
    expect(await read(`/v1/question-papers/${paper.id}`)).toMatchObject({
      cause: 'NO_WORKER',
      next: expect.stringContaining('worker-ocr'),
    });
  });

  it('a report too; one that failed says what to do', async () => {
    const report = await newReport();
    const why = () => read(`/v1/reports/${report.id}`);
    await gateway.ports.producer.enqueueReport(report.id);
    expect(await why()).toMatchObject({ cause: 'NO_WORKER', next: expect.stringContaining('worker-reports') });
    await gateway.startWorkers(holdForever);
    await waitFor(async () => (await why())?.cause === 'WORKING');
    await gateway.ports.database.reports.setStatus(report.id, 'FAILED', { reason: 'No.' });
    const { assessmentId } = report;
    expect(await why()).toMatchObject({ cause: 'FAILED', action: { method: 'POST', path: `/v1/assessments/${assessmentId}/reports` } });
    await gateway.ports.database.reports.setStatus(report.id, 'READY');
    expect(await why()).toBeNull();
  });
});
