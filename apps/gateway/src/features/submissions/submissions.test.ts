import type { PageReading } from '@gradeflow/contracts';
import { newSubmissionOf } from '@gradeflow/database';
import { storageKeys } from '@gradeflow/storage';
import { waitFor } from '@gradeflow/testing';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { PDFDocument } from 'pdf-lib';
import sharp from 'sharp';
import request from 'supertest';
import { gradeSubmission, recordSubmission, spoolSubmission } from '../../testing/record-submission.ts';
import { pdfOf, pictureOf } from '../../testing/sample-files.ts';
import { makeAssessment, startTestGateway, type TestGateway } from '../../testing/start-test-gateway.ts';

let gateway: TestGateway;
let teacher: string;
let student: string;
beforeAll(async () => {
  gateway = await startTestGateway();
  teacher = await gateway.as(gateway.cast.teacher);
  student = await gateway.as(gateway.cast.student);
});
afterAll(() => gateway.close());

const get = (path: string, authorization = teacher) =>
  request(gateway.app).get(`/v1/submissions/${path}`).set('Authorization', authorization);
const post = (path: string) => request(gateway.app).post(`/v1/submissions/${path}`).set('Authorization', teacher);

const reading: PageReading = {
  number: 1,
  width: 400,
  height: 600,
  text: 'one',
  confidence: 0.9,
  engine: 'text-layer',
  rotation: 0,
  words: [{ text: 'one', confidence: 0.9, box: [1, 2, 3, 4], line: 0 }],
  lines: [],
  doubts: [],
  contentHash: null,
  failure: null,
};

describe('the view of a submission', () => {
  it('comes from the spool until there is a row, from the row then', async () => {
    const { submissionId } = await spoolSubmission(gateway);
    const spooled = await get(submissionId);
    expect(spooled.body).toMatchObject({ status: 'RECEIVED', originalName: 'sheet.pdf', result: null, resultState: 'NONE' });
    expect(spooled.body.progress).toEqual({ percent: 5, pagesDone: 0, pagesTotal: 2 });
    expect(spooled.body.stages.map((stage: { name: string }) => stage.name)).toEqual(['extract', 'persist', 'record', 'grade']);
    expect((await get(submissionId, await gateway.as(gateway.cast.colleague))).status).toBe(403);
    expect((await get(submissionId, student)).status).toBe(404);
  });

  it('shows percent that grows with pages and steps, and the result at the end', async () => {
    const submission = await recordSubmission(gateway);
    const { stages } = gateway.ports.database;
    const percent = async () => (await get(submission.id)).body.progress.percent;
    const seen = [await percent()];
    const at = new Date();
    await stages.start(submission.id, 'extract', at, 1);
    await stages.setPages(submission.id, { total: 2, done: 1 });
    seen.push(await percent());
    await stages.setPages(submission.id, { done: 2 });
    seen.push(await percent());
    for (const name of ['extract', 'persist', 'record'] as const)
      await stages.complete(submission.id, name, { startedAt: at, finishedAt: at }, 1);
    seen.push(await percent());
    await gradeSubmission(gateway, submission);
    seen.push(await percent());
    expect(seen).toEqual([5, 47, 90, 99, 100]);
    const { body } = await get(submission.id);
    expect(body).toMatchObject({
      status: 'GRADED',
      waitingFor: null,
      resultState: 'RELEASED',
      result: { score: 2, maxScore: 3, grader: 'offline' },
    });
  });

  it('hides marks from a student until they are released under MANUAL', async () => {
    const { teacher: maker, student: person, courseId } = gateway.cast;
    const assessment = await makeAssessment(gateway.ports.database, maker, { courseId, release: 'MANUAL' });
    const submission = await recordSubmission(gateway, { assessmentId: assessment.id, studentId: person.id });
    await gradeSubmission(gateway, submission);
    expect((await get(submission.id)).body).toMatchObject({ result: { score: 2 }, resultState: 'WITHHELD' });
    expect((await get(submission.id, student)).body).toMatchObject({ status: 'GRADED', result: null, resultState: 'WITHHELD' });
    expect((await get(`${submission.id}/gradings`, student)).body).toEqual({ items: [] });
    expect((await get(`${submission.id}/gradings`)).body.items).toMatchObject([{ grader: 'offline', by: null, score: 2 }]);
    const own = await request(gateway.app).get('/v1/submissions').query({ mine: 'true' }).set('Authorization', student);
    expect(own.body.items.find((item: { id: string }) => item.id === submission.id)).toMatchObject({ status: 'GRADED', score: null });
  });

  it('lists an assessment with totals, and takes a name and a student', async () => {
    const { id, assessmentId } = await recordSubmission(gateway);
    const patched = await request(gateway.app)
      .patch(`/v1/submissions/${id}`)
      .set('Authorization', teacher)
      .send({ label: 'desk 3', studentId: gateway.cast.student.id });
    expect(patched.body).toMatchObject({ label: 'desk 3', student: { id: gateway.cast.student.id, name: 'student' } });
    const wrong = await request(gateway.app)
      .patch(`/v1/submissions/${id}`)
      .set('Authorization', teacher)
      .send({ studentId: gateway.cast.otherStudent.id });
    expect([wrong.status, wrong.body.code]).toEqual([422, 'STUDENT_NOT_FOUND']);
    const { institutionId, id: actorId } = gateway.cast.teacher;
    const record = await gateway.ports.database.audit.list({ institutionId, subjectId: id, limit: 5 });
    expect(record.items).toMatchObject([
      { action: 'submission.changed', actor: { id: actorId }, data: { fields: ['studentId', 'label'] } },
    ]);
    expect(JSON.stringify(record.items)).not.toContain('desk 3');
    const list = await request(gateway.app)
      .get(`/v1/assessments/${assessmentId}/submissions`)
      .query({ q: 'desk 3' })
      .set('Authorization', teacher);
    expect(list.body).toMatchObject({ items: [{ id, label: 'desk 3', percent: 5, score: null }], nextCursor: null });
    expect(list.body.total).toBeGreaterThan(0);
  });
});

describe('trying again', () => {
  it('retry is for what has failed, regrade for what is graded; each is a run of its own', async () => {
    const submission = await recordSubmission(gateway);
    const { body: notYet } = await post(`${submission.id}/regrade`);
    expect(notYet.code).toBe('NOT_GRADED_YET');
    expect((await post(`${submission.id}/retry`)).body.code).toBe('NOT_FAILED');
    await gateway.ports.database.submissions.fail({ id: submission.id }, { code: 'PAGE_UNREADABLE', detail: 'Page 1 is broken.' });
    const failed = (await get(submission.id)).body;
    expect(failed).toMatchObject({ status: 'FAILED', reason: { code: 'PAGE_UNREADABLE' }, waitingFor: { action: { method: 'POST' } } });
    const again = await request(gateway.app).post(failed.waitingFor.action.path).set('Authorization', teacher);
    expect([again.status, again.body.status]).toEqual([202, 'PROCESSING']);
    const state = async (run: number) => (await gateway.ports.producer.gradingStates([{ submissionId: submission.id, run }]))[0];
    await waitFor(async () => (await state(2)) === 'pending');
    await gradeSubmission(gateway, { ...submission, run: 2 });
    const regrade = await post(`${submission.id}/regrade`);
    expect([regrade.status, regrade.body.progress.percent]).toEqual([202, 100]);
    await waitFor(async () => (await state(3)) === 'pending');
  });

  it('retry takes files out of quarantine, and only when there is something to try', async () => {
    const { database, spool } = gateway.ports;
    const manifest = await spoolSubmission(gateway);
    const { id } = await database.submissions.record(newSubmissionOf(manifest));
    await spool.recordCrash(id, { file: 0, page: 1, reason: 'signal SIGSEGV' });
    await post(`${id}/retry`);
    expect(await spool.countCrashes(id, 0)).toBe(1);
    await database.submissions.fail({ id }, { code: 'SHEET_UNREADABLE', detail: 'No page could be read.' });
    expect((await post(`${id}/retry`)).status).toBe(202);
    expect(await spool.countCrashes(id, 0)).toBe(0);
  });
});

describe('percent', () => {
  it('does not fall when what has failed is tried again, however often', async () => {
    const { submissions, stages } = gateway.ports.database;
    const { id } = await recordSubmission(gateway);
    const at = new Date();
    await stages.setPages(id, { total: 2, done: 2 });
    for (const name of ['extract', 'persist', 'record'] as const) await stages.complete(id, name, { startedAt: at, finishedAt: at }, 1);
    await submissions.setPersisted(id);
    const seen: number[] = [];
    for (let run = 1; run <= 3; run += 1) {
      await submissions.fail({ id }, { code: 'MODEL_FAILED', detail: 'No answer.' });
      seen.push((await get(id)).body.progress.percent, (await post(`${id}/retry`)).body.progress.percent);
    }
    expect(seen).toEqual([...seen].sort((a, b) => a - b));
    expect(seen[0]).toBe(99);
  });

  it('nor when only storing and recording had succeeded', async () => {
    const { submissions, stages } = gateway.ports.database;
    const { id } = await recordSubmission(gateway);
    const at = new Date();
    for (const name of ['persist', 'record'] as const) await stages.complete(id, name, { startedAt: at, finishedAt: at }, 1);
    await submissions.setPersisted(id);
    await submissions.fail({ id }, { code: 'SHEET_UNREADABLE', detail: 'No page could be read.' });
    expect((await get(id)).body.progress.percent).toBe(9);
    expect((await post(`${id}/retry`)).body.progress.percent).toBe(9);
  });
});

describe('a sheet that a student uploaded', () => {
  it('is no longer theirs once the teacher has given it to another student', async () => {
    const { student: maker, otherStudent, teacher: owner } = gateway.cast;
    const assessment = await makeAssessment(gateway.ports.database, owner, {});
    const { id } = await gateway.ports.database.submissions.record({
      ...newSubmissionOf(await spoolSubmission(gateway, { assessmentId: assessment.id, studentId: maker.id })),
      createdBy: maker.id,
    });
    expect((await get(id, student)).status).toBe(200);
    await gateway.ports.database.submissions.update(id, { studentId: otherStudent.id });
    expect((await get(id, student)).status).toBe(404);
    expect((await get(id, await gateway.as(otherStudent))).status).toBe(200);
  });
});

describe('deleting', () => {
  it('holds at once, also when the row appears a moment after', async () => {
    const { submissionId: id, ...manifest } = await spoolSubmission(gateway);
    expect((await request(gateway.app).delete(`/v1/submissions/${id}`).set('Authorization', teacher)).status).toBe(204);
    await gateway.ports.database.submissions.record(newSubmissionOf({ submissionId: id, ...manifest }));
    expect((await get(id)).status).toBe(404);
  });

  it('by an id in capitals removes the files as well', async () => {
    const { id } = await recordSubmission(gateway);
    const key = storageKeys.original(id, 'original/1.pdf');
    await gateway.ports.storage.putBytes(key, Buffer.from('bytes'));
    const answer = await request(gateway.app).delete(`/v1/submissions/${id.toUpperCase()}`).set('Authorization', teacher);
    expect(answer.status).toBe(204);
    expect(await gateway.ports.storage.find(key)).toBeNull();
  });

  it('marks the spool entry first, and nobody finds it any more', async () => {
    const remove = (id: string) => request(gateway.app).delete(`/v1/submissions/${id}`).set('Authorization', teacher);
    const { submissionId: spooled } = await spoolSubmission(gateway);
    const { id: recorded } = await recordSubmission(gateway);
    for (const id of [spooled, recorded]) {
      expect((await remove(id)).status).toBe(204);
      expect(await gateway.ports.spool.isDeleted(id)).toBe(true);
      expect((await get(id)).status).toBe(404);
      expect((await remove(id)).status).toBe(404);
    }
    expect(await gateway.ports.database.submissions.isDeleted(recorded)).toBe(true);
  });
});

describe('files', () => {
  it('the original comes from spool or storage alike, whole or in part, to be saved under its name', async () => {
    const bytes = await pdfOf(1);
    const submission = await recordSubmission(gateway, {
      files: [{ bytes, mediaType: 'application/pdf', name: 'Übung "1"\r\n.pdf', pages: 1 }],
    });
    const whole = await get(`${submission.id}/file`).buffer(true);
    expect(whole.headers['content-type']).toBe('application/pdf');
    expect(whole.headers['content-disposition']).toBe(
      `attachment; filename="_bung _1___.pdf"; filename*=UTF-8''%C3%9Cbung%20%221%22__.pdf`,
    );
    expect(Buffer.compare(whole.body, bytes)).toBe(0);
    const [file] = submission.files;
    const { storage, spool, database } = gateway.ports;
    await storage.putFile(storageKeys.original(submission.id, file?.path ?? ''), spool.originalPath(submission.id, file?.path ?? ''));
    await database.submissions.setPersisted(submission.id);
    await spool.remove(submission.id);
    const part = await get(`${submission.id}/file`).set('Range', 'bytes=0-7').buffer(true);
    expect([part.status, part.headers['content-range'], part.body.toString()]).toEqual([206, `bytes 0-7/${bytes.length}`, '%PDF-1.7']);
    const tail = await get(`${submission.id}/file`).set('Range', 'bytes=-5').buffer(true);
    expect(Buffer.compare(tail.body, bytes.subarray(-5))).toBe(0);
    const beyond = await get(`${submission.id}/file`).set('Range', `bytes=${bytes.length}-`);
    expect([beyond.status, beyond.body.code, beyond.headers['content-range']]).toEqual([
      416,
      'RANGE_NOT_SATISFIABLE',
      `bytes */${bytes.length}`,
    ]);
    for (const tags of [whole.headers.etag ?? '', `"other", W/${whole.headers.etag}`, '*']) {
      const known = () => get(`${submission.id}/file`).set('If-None-Match', tags);
      // `fetch` adds no-cache to every If-None-Match of its caller.
      for (const answer of [await known(), await known().set('Cache-Control', 'no-cache')]) expect(answer.status).toBe(304);
    }
    expect((await get(`${submission.id}/file`).set('If-None-Match', '"other"')).status).toBe(200);
    const head = await request(gateway.app).head(`/v1/submissions/${submission.id}/file`).set('Authorization', teacher);
    expect([head.status, head.headers['content-length']]).toEqual([200, String(bytes.length)]);
  });

  it('several pictures come as one PDF of them', async () => {
    const files = [
      { bytes: await pictureOf('jpeg'), mediaType: 'image/jpeg' as const, name: 'one.jpg', pages: 1 },
      { bytes: await pictureOf('png', 90, 50), mediaType: 'image/png' as const, name: 'two.png', pages: 1 },
      { bytes: await pictureOf('webp'), mediaType: 'image/webp' as const, name: 'three.webp', pages: 1 },
    ];
    const { id } = await recordSubmission(gateway, { files });
    await gateway.ports.database.submissions.setPersisted(id);
    const answer = await get(`${id}/file`).buffer(true);
    expect(answer.headers['content-type']).toBe('application/pdf');
    expect(answer.headers['content-disposition']).toContain('filename="one.pdf"');
    const pages = (await PDFDocument.load(answer.body)).getPages().map((page) => Math.round((page.getWidth() / page.getHeight()) * 100));
    expect(pages).toEqual([75, 180, 75]);
    expect(await gateway.ports.storage.find(`${storageKeys.submission(id)}/derived/original.pdf`)).not.toBeNull();
    expect((await get(`${id}/file`).set('Range', 'bytes=0-3').buffer(true)).body.toString()).toBe('%PDF');
  });

  it('pages: what was read, and the picture in the sizes of the contract', async () => {
    const { submissionId: id } = await spoolSubmission(gateway);
    expect((await get(`${id}/pages/1`)).body.code).toBe('PAGE_NOT_FOUND');
    const webp = await sharp({ create: { width: 400, height: 600, channels: 3, background: 'white' } })
      .webp()
      .toBuffer();
    await gateway.ports.spool.writePage(id, reading, webp);
    const { body } = await get(`${id}/pages/1`);
    expect(body).toMatchObject({ number: 1, width: 400, words: [{ text: 'one', confidence: 0.9, box: [1, 2, 3, 4] }] });
    expect(body.words[0]).not.toHaveProperty('line');
    const full = await get(`${id}/pages/1/image`).buffer(true);
    expect([full.headers['content-type'], full.headers['cache-control']]).toEqual(['image/webp', 'private, max-age=31536000, immutable']);
    expect(Buffer.compare(full.body, webp)).toBe(0);
    const small = await get(`${id}/pages/1/image`).query({ w: '240' }).buffer(true);
    expect((await sharp(small.body).metadata()).width).toBe(240);
    expect(
      (
        await get(`${id}/pages/1/image`)
          .query({ w: '240' })
          .set('If-None-Match', small.headers.etag ?? '')
      ).status,
    ).toBe(304);
    expect((await get(`${id}/pages/1/image`).query({ w: '241' })).status).toBe(400);
    expect((await get(`${id}/pages/2/image`)).status).toBe(404);
  });
});
