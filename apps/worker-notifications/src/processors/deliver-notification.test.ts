import { neutralName, type QuestionResult } from '@gradeflow/contracts';
import type { Assessment } from '@gradeflow/database';
import { createLogger } from '@gradeflow/logger';
import { createTestDatabase, type School, seedSchool, type TestDatabase } from '@gradeflow/testing';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { uuidv7 } from 'uuidv7';
import { createDeliverNotification } from './deliver-notification.ts';

let testDatabase: TestDatabase;
beforeAll(async () => {
  testDatabase = await createTestDatabase();
});
afterAll(() => testDatabase.drop());

const question = (needsReview: boolean, questionId: string): QuestionResult => ({
  ...{ questionId, number: '1', score: 12.5, maxScore: 20, confidence: 1, needsReview },
  ...{ answerText: '', feedback: '', criteria: [], reviewReasons: [], regions: [] },
});

async function school(over: Partial<Pick<Assessment, 'release' | 'anonymous'>> = {}): Promise<School> {
  return seedSchool(testDatabase.database, { assessment: over });
}

/** A graded sheet of the school's student, uploaded by whoever is given. */
async function gradedSheet(where: School, uploader: string, options: { needsReview?: boolean } = {}) {
  const { database } = testDatabase;
  const [submissionId, questionId, needsReview] = [uuidv7(), uuidv7(), options.needsReview ?? false];
  await database.submissions.record({
    ...{ id: submissionId, institutionId: where.institutionId, assessmentId: where.assessment.id, createdBy: uploader },
    ...{ studentId: where.people.student, label: 'Ada’s sheet', originalName: 'scan.pdf', bytes: 1, contentHash: submissionId },
    ...{ files: [], pagesTotal: 1, createdAt: new Date() },
  });
  const gradeRun = async (run: number) => {
    const fence = (await database.submissions.takeFence(submissionId)) ?? 0;
    const grading = { id: uuidv7(), grader: 'offline' as const, rubricVersion: 1, score: 12.5, maxScore: 20, unassigned: [] };
    const status = needsReview ? ('NEEDS_REVIEW' as const) : ('GRADED' as const);
    const result = { submissionId, run, fence, pages: [], status, waitingCause: needsReview ? 'REVIEW' : null };
    await database.gradings.saveMachineGrading({ ...result, grading: { ...grading, questions: [question(needsReview, questionId)] } });
    return grading.id;
  };
  return { submissionId, questionId, gradingId: await gradeRun(1), gradeRun };
}

const deliver = (gradingId: string) =>
  createDeliverNotification(testDatabase)({
    ...{ payload: { gradingId }, jobId: 'test', attempt: 1 },
    ...{ signal: new AbortController().signal, log: createLogger({ name: 'test', level: 'silent' }) },
  });
const noticesOf = async (userId: string) => (await testDatabase.database.notifications.list(userId, { limit: 10 })).items;

describe('deliver-notification', () => {
  it('tells the uploader and the student of a result once, however often it runs', async () => {
    const at = await school();
    const { submissionId, gradingId } = await gradedSheet(at, at.people.teacher);
    const counts = await Promise.all([deliver(gradingId), deliver(gradingId), deliver(gradingId)]);
    expect(counts.reduce((sum, { delivered }) => sum + delivered, 0)).toBe(2);
    for (const person of [at.people.teacher, at.people.student]) {
      const notices = await noticesOf(person);
      const text = '“Ada’s sheet” in “Physics” was graded: 12.5 of 20.';
      expect(notices).toEqual([
        expect.objectContaining({ event: 'submission.graded', subjectType: 'submission', subjectId: submissionId, text }),
      ]);
    }
    expect(await testDatabase.database.gradings.listUnannounced(-60_000, 100)).not.toContain(gradingId);
  });

  it('tells a student who uploaded their own sheet once', async () => {
    const at = await school();
    expect(await deliver((await gradedSheet(at, at.people.student)).gradingId)).toEqual({ delivered: 1 });
  });

  it('tells students nothing before results are released', async () => {
    const at = await school({ release: 'MANUAL' });
    await deliver((await gradedSheet(at, at.people.teacher)).gradingId);
    await deliver((await gradedSheet(at, at.people.student)).gradingId);
    expect(await noticesOf(at.people.student)).toEqual([]);
    expect(await noticesOf(at.people.teacher)).toHaveLength(1);
  });

  it('tells students nothing twice that a release has told of, and tells of what is graded after it', async () => {
    const at = await school({ release: 'MANUAL' });
    const { releases, submissions } = testDatabase.database;
    const { submissionId, gradingId, gradeRun } = await gradedSheet(at, at.people.teacher);
    expect((await releases.release(at.assessment.id, at.people.teacher)).students.map(({ id }) => id)).toEqual([at.people.student]);
    expect(await deliver(gradingId)).toEqual({ delivered: 1 });
    expect((await noticesOf(at.people.student)).map(({ text }) => text)).toEqual(['“Ada’s sheet” in “Physics” was graded: 12.5 of 20.']);
    await submissions.nextRun(submissionId, { fromFailed: false, stages: ['grade'] });
    expect(await deliver(await gradeRun(2))).toEqual({ delivered: 2 });
    expect(await noticesOf(at.people.student)).toHaveLength(2);
  });

  it('tells the student whose sheet it is by now, and not the one who uploaded it', async () => {
    const at = await school();
    await deliver((await gradedSheet(at, at.people.outsideStudent)).gradingId);
    expect(await noticesOf(at.people.outsideStudent)).toEqual([]);
    expect(await noticesOf(at.people.student)).toHaveLength(1);
  });

  it('names a sheet neutrally under anonymous marking, but to its student', async () => {
    const at = await school({ anonymous: true });
    const { submissionId, gradingId } = await gradedSheet(at, at.people.teacher);
    await deliver(gradingId);
    expect((await noticesOf(at.people.teacher))[0]?.text).toBe(`“${neutralName(submissionId)}” in “Physics” was graded: 12.5 of 20.`);
    expect((await noticesOf(at.people.student))[0]?.text).toContain('Ada’s sheet');
  });

  it('tells of a review those who can decide it, and no student', async () => {
    const at = await school();
    await deliver((await gradedSheet(at, at.people.admin, { needsReview: true })).gradingId);
    await deliver((await gradedSheet(at, at.people.student, { needsReview: true })).gradingId);
    expect(await noticesOf(at.people.student)).toEqual([]);
    expect((await noticesOf(at.people.admin)).map(({ event }) => event)).toEqual(['submission.needs_review']);
    const [latest] = await noticesOf(at.people.teacher);
    expect(latest?.text).toBe('“Ada’s sheet” in “Physics” needs review (1 question); so far 12.5 of 20.');
    expect(await noticesOf(at.people.teacher)).toHaveLength(2);
  });

  it('tells of a later grading of a sheet of which a person has decided a part', async () => {
    const at = await school();
    const { database } = testDatabase;
    const { submissionId, questionId, gradeRun } = await gradedSheet(at, at.people.teacher, { needsReview: true });
    const result = { ...question(false, questionId), score: 13 };
    await database.gradings.saveDecision({ id: uuidv7(), submissionId, by: at.people.teacher, rubricVersion: 1, result });
    await database.submissions.nextRun(submissionId, { fromFailed: false, stages: ['grade'] });
    expect(await deliver(await gradeRun(2))).toEqual({ delivered: 2 });
    expect((await noticesOf(at.people.student))[0]?.text).toContain('13 of 20');
  });

  it('tells nobody of a grading that was replaced or whose sheet was deleted, and does not come back to it', async () => {
    const at = await school();
    const { database } = testDatabase;
    const replaced = await gradedSheet(at, at.people.teacher);
    await database.submissions.nextRun(replaced.submissionId, { fromFailed: false, stages: ['grade'] });
    await replaced.gradeRun(2);
    const deleted = await gradedSheet(at, at.people.teacher);
    await database.submissions.markDeleted(deleted.submissionId);
    for (const { gradingId } of [replaced, deleted]) expect(await deliver(gradingId)).toEqual({ delivered: 0 });
    expect(await noticesOf(at.people.teacher)).toEqual([]);
    expect(await database.gradings.listUnannounced(-60_000, 100)).not.toContain(replaced.gradingId);
  });
});
