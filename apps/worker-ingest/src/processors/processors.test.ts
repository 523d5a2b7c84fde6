import { readFile, writeFile } from 'node:fs/promises';
import { createStageObserver } from '@gradeflow/database';
import { storageKeys } from '@gradeflow/storage';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { uuidv7 } from 'uuidv7';
import { createRecordSubmission } from '../record-submission.ts';
import { createIngestTest, type IngestTest } from '../testing/ingest-test.ts';
import { createPersistFile } from './persist-file.ts';
import { createRecordMetadata } from './record-metadata.ts';

let test: IngestTest;
beforeAll(async () => {
  test = await createIngestTest();
});
afterAll(() => test.close());

const contextOf = (submissionId: string, run = 1) => ({
  payload: { submissionId, run },
  jobId: 'test',
  attempt: 1,
  signal: new AbortController().signal,
  log: test.log,
});
const persist = (id: string) => createPersistFile({ ...test, submissions: test.database.submissions })(contextOf(id));
const record = (id: string) => {
  const recordSubmission = createRecordSubmission(test.database);
  return createRecordMetadata({ spool: test.spool, submissions: test.database.submissions, recordSubmission })(contextOf(id));
};
const withCode = (code: string) => expect.objectContaining({ code });

describe('persist-file', () => {
  it('stores the originals before the row exists, and is not forgotten when it does', async () => {
    const id = await test.accept();
    expect(await persist(id)).toEqual({ files: 2 });
    expect((await test.storage.readBytes(storageKeys.original(id, 'original/2.png'))).toString()).toBe('second page');
    await record(id);
    expect((await test.database.submissions.find(id))?.persisted).toBe(true);
  });

  it('refuses bytes that changed in the spool, and may be repeated', async () => {
    const id = await test.accept();
    const original = test.spool.originalPath(id, 'original/1.png');
    const bytes = await readFile(original);
    await writeFile(original, 'damaged on disk');
    await expect(persist(id)).rejects.toEqual(withCode('STORAGE_HASH_MISMATCH'));
    await record(id);
    expect((await test.database.submissions.find(id))?.persisted).toBe(false);
    await writeFile(original, bytes);
    expect(await persist(id)).toEqual({ files: 2 });
    expect(await persist(id)).toEqual({ files: 2 });
  });

  it('is done when the spool was cleaned up after everything was stored, and says what was lost otherwise', async () => {
    const id = await test.accept();
    await persist(id);
    await record(id);
    await test.spool.remove(id);
    expect(await persist(id)).toEqual({ files: 2 });
    await test.storage.removeAll(storageKeys.submission(id));
    await expect(persist(id)).rejects.toEqual(withCode('ORIGINALS_LOST'));
  });

  it('stores nothing of a deleted submission', async () => {
    const id = await test.accept();
    await test.spool.markDeleted(id);
    expect(await persist(id)).toEqual({ files: 0 });
    expect(await test.storage.find(storageKeys.original(id, 'original/1.png'))).toBeNull();
  });
});

describe('record-metadata', () => {
  it('writes the row once and names the earlier upload of the same bytes', async () => {
    const { school } = test;
    const first = await test.accept({ label: 'first', acceptedAt: '2026-01-01T00:00:00Z', studentId: school.people.student });
    await record(first);
    const second = await test.accept({ acceptedAt: '2026-01-02T00:00:00Z' });
    const [once, again] = [await record(second), await record(second)];
    expect(once).toEqual({ duplicateOf: first });
    expect(again).toEqual(once);
    const student = { id: school.people.student, name: 'Sam Student' };
    expect(await test.database.submissions.find(first)).toMatchObject({
      ...{ status: 'PROCESSING', label: 'first', student, originalName: 'page 1.png', bytes: 21, pagesTotal: 2, run: 1 },
      createdAt: new Date('2026-01-01T00:00:00Z'),
    });
  });

  it('takes a student’s own upload as theirs', async () => {
    const id = await test.accept({ userId: test.school.people.student, userRole: 'STUDENT' });
    await record(id);
    expect((await test.database.submissions.find(id))?.studentId).toBe(test.school.people.student);
  });

  const people = () => test.school.people;
  const nobody = '00000000-0000-7000-8000-000000000000';
  it.each([
    ['an assessment that is not there', 'ASSESSMENT_NOT_FOUND', () => ({ assessmentId: nobody })],
    ['another institution’s claim', 'ASSESSMENT_NOT_FOUND', () => ({ institutionId: nobody })],
    ['a teacher of other courses', 'FORBIDDEN', () => ({ userId: people().outsideTeacher })],
    ['a student who is not enrolled', 'FORBIDDEN', () => ({ userId: people().outsideStudent, userRole: 'STUDENT' as const })],
    [
      'a student who uploads for somebody else',
      'FORBIDDEN',
      () => ({ userId: people().student, userRole: 'STUDENT' as const, studentId: people().outsideStudent }),
    ],
    ['a student who is not in the course', 'STUDENT_NOT_FOUND', () => ({ studentId: people().outsideStudent })],
    ['a student who is nobody', 'STUDENT_NOT_FOUND', () => ({ studentId: nobody })],
  ])('leaves a failed submission with the reason for %s', async (_, code, over) => {
    const id = await test.accept(over());
    await expect(record(id)).rejects.toEqual(expect.objectContaining({ code, retryable: false }));
    const row = await test.database.submissions.find(id);
    expect(row).toMatchObject({ status: 'FAILED', reasonCode: code });
    expect(row?.reasonDetail).toMatch(/^[A-Z].*\.$/);
  });

  it('takes uploads to an assessment without a course from its maker and the admins alone', async () => {
    const { outsideTeacher, admin, teacher, student } = people();
    const own = { courseId: null, createdBy: outsideTeacher };
    const assessment = await test.database.assessments.insert({ ...test.school.assessment, ...own, id: uuidv7() }, null);
    const recordFor = async (userId: string, userRole: 'ADMIN' | 'TEACHER' | 'STUDENT') =>
      record(await test.accept({ assessmentId: assessment.id, userId, userRole }));
    for (const [userId, role] of [
      [outsideTeacher, 'TEACHER'],
      [admin, 'ADMIN'],
    ] as const)
      await recordFor(userId, role);
    for (const [userId, role] of [
      [teacher, 'TEACHER'],
      [student, 'STUDENT'],
    ] as const) {
      await expect(recordFor(userId, role)).rejects.toEqual(withCode('FORBIDDEN'));
    }
  });

  it('keeps a submission deleted that is deleted while it is recorded', async () => {
    const id = await test.accept();
    const recordSubmission = createRecordSubmission(test.database);
    const processor = createRecordMetadata({
      spool: test.spool,
      submissions: test.database.submissions,
      recordSubmission: async (manifest) => {
        const row = await recordSubmission(manifest);
        await test.spool.markDeleted(id);
        return row;
      },
    });
    await processor(contextOf(id));
    expect(await test.database.submissions.find(id)).toBeNull();
    expect(await test.database.submissions.isDeleted(id)).toBe(true);
  });
});

describe('the observer of a stage', () => {
  const observer = () => createStageObserver({ ...test.database, spool: test.spool }, 'persist');
  const stageOf = async (id: string) => (await test.database.stages.list(id)).stages.find(({ name }) => name === 'persist');
  const at = new Date('2026-01-01T10:00:00Z');
  const fail = (id: string, code: string, run = 1) =>
    observer().failedForGood({ submissionId: id, run }, at, { code, detail: 'It broke.' }, 3);

  it('makes a failed submission with its reason, also before there is a row', async () => {
    const id = await test.accept();
    await observer().started({ submissionId: id, run: 1 }, at, 1);
    await fail(id, 'ORIGINALS_LOST');
    expect(await test.database.submissions.find(id)).toMatchObject({
      status: 'FAILED',
      reasonCode: 'ORIGINALS_LOST',
      reasonDetail: 'It broke.',
    });
    expect(await stageOf(id)).toMatchObject({ status: 'FAILED', reason: 'It broke.', startedAt: at });
  });

  it.each(['STORAGE_UNAVAILABLE', 'CHILD_NOT_ADDED'])(
    'leaves the submission going when a service was away (%s), and says so in the stage',
    async (code) => {
      const id = await test.accept();
      await record(id);
      await observer().started({ submissionId: id, run: 1 }, at, 1);
      await fail(id, code);
      expect((await test.database.submissions.find(id))?.status).toBe('PROCESSING');
      expect((await stageOf(id))?.status).toBe('FAILED');
    },
  );

  it('takes no notice of a run that was replaced, nor of a deleted submission', async () => {
    const [replaced, deleted] = [await test.accept(), await test.accept()];
    await record(replaced);
    await test.database.submissions.nextRun(replaced, { fromFailed: false, stages: [] });
    await fail(replaced, 'SHEET_UNREADABLE');
    expect((await test.database.submissions.find(replaced))?.status).toBe('PROCESSING');
    await record(deleted);
    await test.database.submissions.markDeleted(deleted);
    await fail(deleted, 'SHEET_UNREADABLE');
    expect(await test.database.submissions.find(deleted)).toBeNull();
  });

  it('does not stamp a step as failed that only fell with another one', async () => {
    const id = await test.accept();
    await fail(id, 'SHEET_UNREADABLE');
    expect((await stageOf(id))?.status).toBe('WAITING');
    expect((await test.database.submissions.find(id))?.reasonCode).toBe('SHEET_UNREADABLE');
  });
});
