import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { addAssessment, machineGrading, newSubmission, page, question, result, type School, seedSchool } from '../testing/samples.ts';
import { createScratchDatabase, type ScratchDatabase } from '../testing/scratch-database.ts';
import type { Database } from '../types.ts';
import type { Submission } from './submissions.ts';

let scratch: ScratchDatabase;
let database: Database;
let submissions: Database['submissions'];
let school: School;
beforeAll(async () => {
  scratch = await createScratchDatabase();
  database = scratch.database;
  submissions = database.submissions;
  school = await seedSchool(database);
});
afterAll(() => scratch.drop());

const grade = async (submission: Submission, score: number, questions = [result(score)]) => {
  const fence = await submissions.takeFence(submission.id);
  await database.gradings.saveMachineGrading({
    ...{ submissionId: submission.id, run: submission.run, fence: fence ?? 0, pages: [page(1)], status: 'GRADED', waitingCause: null },
    grading: machineGrading(score, questions),
  });
};

describe('record', () => {
  it('inserts once: a second call, also at the same moment, changes nothing', async () => {
    const assessmentId = await addAssessment(database, school.teacher);
    const input = newSubmission(school, assessmentId, { studentId: school.student.userId, label: 'A\0B' });
    const first = await submissions.record(input);
    expect(first).toMatchObject({
      ...input,
      label: 'A\uFFFDB',
      status: 'PROCESSING',
      run: 1,
      duplicateOf: null,
      persisted: false,
      pagesDone: 0,
    });
    expect(first.student).toEqual({ id: school.student.userId, name: 'Sam 100% Student' });
    const again = await Promise.all([1, 2, 3].map(() => submissions.record({ ...input, label: 'other' })));
    expect(again).toEqual([first, first, first]);
    await submissions.markDeleted(input.id);
    await expect(submissions.record(input)).rejects.toMatchObject({ code: 'SUBMISSION_DELETED' });
    expect([await submissions.find(input.id), await submissions.isDeleted(input.id)]).toEqual([null, true]);
  });

  it('names the earliest sheet with the same bytes in the same assessment, in whatever order they are recorded', async () => {
    const [assessmentId, otherId] = [await addAssessment(database, school.teacher), await addAssessment(database, school.teacher)];
    const contentHash = randomUUID();
    const at = (minute: number) => ({ contentHash, createdAt: new Date(Date.UTC(2026, 0, 1, 0, minute)) });
    const [first, second, third] = [1, 2, 3].map((minute) => newSubmission(school, assessmentId, at(minute)));
    const elsewhere = newSubmission(school, otherId, at(0));
    if (!first || !second || !third) throw new Error('three');
    await Promise.all([third, elsewhere, second, first].map((input) => submissions.record(input)));
    const duplicateOf = async (id: string) => (await submissions.find(id))?.duplicateOf;
    expect(await Promise.all([first, second, third, elsewhere].map(({ id }) => duplicateOf(id)))).toEqual([null, first.id, first.id, null]);
    await submissions.markDeleted(first.id);
    expect(await duplicateOf(third.id)).toBe(second.id);
  });
});

describe('fail', () => {
  it('leaves a failed row for an upload whose claims name nothing that exists, and that row shows in nobody’s list', async () => {
    const other = await seedSchool(database);
    const theirs = await addAssessment(database, other.admin);
    const stranger = newSubmission({ ...school, teacher: { ...school.teacher, userId: randomUUID() } }, theirs, {
      studentId: randomUUID(),
    });
    await submissions.fail(stranger, { code: 'ASSESSMENT_NOT_FOUND', detail: 'There is no such assessment.' });
    await submissions.fail(stranger, { code: 'LATER', detail: 'A consequence.' });
    expect(await submissions.find(stranger.id)).toMatchObject({ status: 'FAILED', reasonCode: 'ASSESSMENT_NOT_FOUND', student: null });
    const list = await submissions.list({ assessmentId: theirs, sort: 'createdAt', limit: 10 });
    expect([list.items, list.total, list.counts.FAILED]).toEqual([[], 0, 0]);
    expect(await database.gradings.listForAssessment(theirs)).toEqual([]);
    await database.assessments.remove(theirs);
  });

  it('never takes back a grade; without a row and a description it says so', async () => {
    const submission = await submissions.record(newSubmission(school, await addAssessment(database, school.teacher)));
    await grade(submission, 3);
    await submissions.fail({ id: submission.id }, { code: 'INTERNAL', detail: 'late' });
    expect(await submissions.find(submission.id)).toMatchObject({ status: 'GRADED', reasonCode: null });
    await expect(submissions.fail({ id: randomUUID() }, { code: 'X', detail: 'x' })).rejects.toMatchObject({
      code: 'SUBMISSION_NOT_FOUND',
    });
  });
});

describe('nextRun', () => {
  it('is won by one of many, resets the named stages alone, and shuts out whoever works on the earlier run', async () => {
    const { id } = await submissions.record(newSubmission(school, await addAssessment(database, school.teacher)));
    const at = { startedAt: new Date(1), finishedAt: new Date(2) };
    await database.stages.complete(id, 'extract', at, 1);
    await database.stages.fail(id, 'grade', new Date(3), 'broken', 2);
    await submissions.setPersisted(id);
    const fence = await submissions.takeFence(id);
    const options = { fromFailed: true, stages: ['persist' as const, 'grade' as const] };
    expect(await submissions.nextRun(id, options)).toBeNull();
    await submissions.fail({ id }, { code: 'INTERNAL', detail: 'broken' });
    const runs = await Promise.all([1, 2, 3, 4].map(() => submissions.nextRun(id, { ...options, ifRun: 1 })));
    const won = runs.filter((run) => run !== null);
    expect(won).toMatchObject([{ run: 2, status: 'PROCESSING', reasonCode: null, reasonDetail: null, persisted: true }]);
    const { stages } = await database.stages.list(id);
    expect(stages.map(({ status, attempts }) => [status, attempts])).toEqual([
      ['COMPLETED', 1],
      ['WAITING', 0],
      ['WAITING', 0],
      ['WAITING', 0],
    ]);
    const stale = { submissionId: id, run: 1, fence: fence ?? 0, pages: [], status: 'GRADED' as const, waitingCause: null, grading: null };
    await expect(database.gradings.saveMachineGrading(stale)).rejects.toMatchObject({ code: 'FENCED' });
    expect(await submissions.nextRun(randomUUID(), { fromFailed: false, stages: [] })).toBeNull();
  });
});

describe('what the reconciler asks for', () => {
  it('is kept when the originals are stored before the row exists', async () => {
    const input = newSubmission(school, await addAssessment(database, school.teacher));
    await submissions.setPersisted(input.id);
    expect((await submissions.record(input)).persisted).toBe(true);
  });

  it('lists unfinished ones oldest first in pages, and those that wait for questions once there are some', async () => {
    const fresh = await createScratchDatabase();
    try {
      const its = fresh.database;
      const people = await seedSchool(its);
      const assessmentId = await addAssessment(its, people.teacher);
      const sameTime = new Date(Date.UTC(2026, 0, 1));
      const made = await Promise.all(
        [1, 2, 3].map(() => its.submissions.record(newSubmission(people, assessmentId, { createdAt: sameTime }))),
      );
      const ids = made.map(({ id }) => id).sort();
      const [first, second, third] = ids;
      if (!first || !second || !third) throw new Error('three');
      const pages = [await its.submissions.listUnfinished(2), await its.submissions.listUnfinished(2, second)];
      expect(pages.map((list) => list.map(({ id }) => id))).toEqual([[first, second], [third]]);
      const fence = (await its.submissions.takeFence(first)) ?? 0;
      const waiting = { status: 'NEEDS_REVIEW', waitingCause: 'NO_QUESTIONS', grading: null } as const;
      await its.gradings.saveMachineGrading({ submissionId: first, run: 1, fence, pages: [page(1)], ...waiting });
      expect(await its.submissions.listAssessmentsWithWaiting()).toEqual([]);
      await its.assessments.saveQuestions(assessmentId, [question('1', 2)], people.teacher.userId);
      expect(await its.submissions.listAssessmentsWithWaiting()).toEqual([assessmentId]);
      expect(await its.submissions.listWaitingForQuestions(assessmentId, 10)).toMatchObject([{ id: first, waitingCause: 'NO_QUESTIONS' }]);
      expect((await its.submissions.listUnfinished(10)).map(({ id }) => id)).toEqual([second, third]);
    } finally {
      await fresh.drop();
    }
  });
});

describe('list', () => {
  it('walks through every row once, in order, whatever the ties, sort, filter and page size', async () => {
    const sorts = ['createdAt', '-createdAt', 'label', '-label'] as const;
    const row = fc.record({
      label: fc.constantFrom(null, '', 'a', 'A b', 'ä', '5%', '5_', 'x'.repeat(200)),
      minute: fc.integer({ min: 0, max: 2 }),
    });
    await fc.assert(
      fc.asyncProperty(
        fc.array(row, { maxLength: 9 }),
        fc.constantFrom(...sorts),
        fc.integer({ min: 1, max: 4 }),
        async (rows, sort, limit) => {
          const assessmentId = await addAssessment(database, school.teacher);
          const inputs = rows.map(({ label, minute }) =>
            newSubmission(school, assessmentId, { label, createdAt: new Date(Date.UTC(2026, 0, 1, 0, minute)) }),
          );
          await Promise.all(inputs.map((input) => submissions.record(input)));
          const all = await submissions.list({ assessmentId, sort, limit: 100 });
          expect(all.items.map(({ id }) => id).sort()).toEqual(inputs.map(({ id }) => id).sort());
          const walked: string[] = [];
          let cursor: string | undefined;
          do {
            const list = await submissions.list({ assessmentId, sort, limit, cursor });
            expect(list.total).toBe(rows.length);
            walked.push(...list.items.map(({ id }) => id));
            cursor = list.nextCursor ?? undefined;
          } while (cursor !== undefined && walked.length <= rows.length);
          expect(walked).toEqual(all.items.map(({ id }) => id));
          const times = all.items.map(({ createdAt }) => createdAt.getTime());
          if (sort === 'createdAt') expect(times).toEqual(times.toSorted((a, b) => a - b));
          if (sort === '-createdAt') expect(times).toEqual(times.toSorted((a, b) => b - a));
        },
      ),
      { numRuns: 25 },
    );
  });

  it('shows what counts now, finds by label, file and student with wildcards taken literally, and counts all statuses whatever the filter', async () => {
    const assessmentId = await addAssessment(database, school.teacher);
    const add = (changes: Parameters<typeof newSubmission>[2]) => submissions.record(newSubmission(school, assessmentId, changes));
    const graded = await add({ label: 'b 50%', originalName: 'a.pdf' });
    await grade(graded, 2, [result(2, { confidence: 0.4, needsReview: true }), result(0)]);
    const again = await submissions.nextRun(graded.id, { fromFailed: false, stages: [] });
    if (again) await grade(again, 4.5, [result(4.5, { confidence: 0.7 }), result(0)]);
    const open = await add({ label: 'a 500', originalName: 'b_c.pdf', studentId: school.student.userId });
    await submissions.markDeleted((await add({ label: '50%' })).id);
    const list = (query: object) => submissions.list({ assessmentId, sort: 'label', limit: 10, ...query });
    const everything = await list({});
    expect(everything.items).toMatchObject([
      { id: open.id, score: null, maxScore: null, minConfidence: null, reviews: 0 },
      { id: graded.id, score: 4.5, maxScore: 10, minConfidence: 0.7, reviews: 0, bytes: 3_000_000_000 },
    ]);
    const found = async (q: string) => (await list({ q })).items.map(({ id }) => id);
    expect(await found('0%')).toEqual([open.id, graded.id]); // 'Sam 100% Student' and 'b 50%'
    expect(await found('B_C')).toEqual([open.id]);
    expect(await found('sam')).toEqual([open.id]);
    expect(await found('_0')).toEqual([]);
    const filtered = await list({ status: 'GRADED' });
    expect(filtered).toMatchObject({ total: 1, items: [{ id: graded.id }] });
    expect(filtered.counts).toEqual({ RECEIVED: 0, PROCESSING: 1, GRADED: 1, NEEDS_REVIEW: 0, FAILED: 0 });
    expect(await list({ studentId: school.student.userId })).toMatchObject({ total: 1, counts: { PROCESSING: 1, GRADED: 0 } });
  });

  it('refuses a cursor of another order and one that nobody gave', async () => {
    const assessmentId = await addAssessment(database, school.teacher);
    await Promise.all([1, 2].map(() => submissions.record(newSubmission(school, assessmentId))));
    const { nextCursor } = await submissions.list({ assessmentId, sort: 'createdAt', limit: 1 });
    expect(nextCursor).toEqual(expect.any(String));
    for (const cursor of [nextCursor ?? '', 'AAAA', Buffer.from(`submissions,label 'x' y`).toString('base64url')]) {
      const attempt = submissions.list({ assessmentId, sort: 'label', limit: 1, cursor });
      await expect(attempt).rejects.toMatchObject({ code: 'VALIDATION_FAILED', errors: [{ path: '/cursor' }] });
    }
  });
});

describe('update', () => {
  it('changes what is named alone, and knows no deleted submission', async () => {
    const { id } = await submissions.record(newSubmission(school, await addAssessment(database, school.teacher), { label: 'before' }));
    expect(await submissions.update(id, { studentId: school.student.userId })).toMatchObject({
      label: 'before',
      student: { name: 'Sam 100% Student' },
    });
    expect(await submissions.update(id, { label: null })).toMatchObject({ label: null, studentId: school.student.userId });
    await submissions.markDeleted(id);
    await expect(submissions.update(id, { label: 'x' })).rejects.toMatchObject({ code: 'SUBMISSION_NOT_FOUND', status: 404 });
    expect(await submissions.takeFence(id)).toBeNull();
  });
});
