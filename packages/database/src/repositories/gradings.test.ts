import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { PrismaPg } from '@prisma/adapter-pg';
import { PrismaClient } from '../generated/client.ts';
import { addAssessment, machineGrading, newSubmission, page, result, type School, seedSchool } from '../testing/samples.ts';
import { createScratchDatabase, type ScratchDatabase } from '../testing/scratch-database.ts';
import type { Database } from '../types.ts';
import { createGradingRepository } from './gradings.ts';

let scratch: ScratchDatabase;
let database: Database;
let gradings: Database['gradings'];
let school: School;
beforeAll(async () => {
  scratch = await createScratchDatabase();
  database = scratch.database;
  gradings = database.gradings;
  school = await seedSchool(database);
});
afterAll(() => scratch.drop());

async function recorded(changes: Parameters<typeof newSubmission>[2] = {}) {
  const assessmentId = changes.assessmentId ?? (await addAssessment(database, school.teacher));
  const submission = await database.submissions.record(newSubmission(school, assessmentId, changes));
  const fence = async () => (await database.submissions.takeFence(submission.id)) ?? 0;
  const graded = { submissionId: submission.id, run: 1, status: 'GRADED', waitingCause: null } as const;
  return { submission, fence, graded };
}

describe('saveMachineGrading', () => {
  it('stores pages, grading and status together; characters that Postgres cannot hold are replaced', async () => {
    const { submission, fence, graded } = await recorded();
    const odd = { ...page(2, 'odd \0 \uD800 “quoted”, {braces}, back\\u0000slash'), failure: 'unreadable', confidence: 0, words: [] };
    const grading = machineGrading(2.5, [result(2.5, { answerText: 'an\0swer' })]);
    const saved = await gradings.saveMachineGrading({ ...graded, fence: await fence(), pages: [page(1), odd], grading });
    expect(saved).toEqual({ gradingId: grading.id });
    expect(await database.pages.listAll(submission.id)).toEqual([
      page(1),
      { ...odd, text: 'odd \uFFFD \uFFFD “quoted”, {braces}, back\\u0000slash' },
    ]);
    expect(await database.pages.find(submission.id, 3)).toBeNull();
    expect(await gradings.findCurrent(submission.id)).toMatchObject({
      id: grading.id,
      score: 2.5,
      questions: [{ answerText: 'an\uFFFDswer' }],
    });
    expect(await database.submissions.find(submission.id)).toMatchObject({ status: 'GRADED', waitingCause: null });
  });

  it('ends the grade stage with the status; the report that follows has the last word on the times', async () => {
    const { submission, fence, graded } = await recorded();
    const startedAt = new Date('2026-01-01T10:00:00Z');
    await database.stages.start(submission.id, 'grade', startedAt, 1);
    await gradings.saveMachineGrading({ ...graded, fence: await fence(), pages: [page(1)], grading: machineGrading(1) });
    const grade = async () => (await database.stages.list(submission.id)).stages.find(({ name }) => name === 'grade');
    expect(await grade()).toMatchObject({ status: 'COMPLETED', startedAt, finishedAt: expect.any(Date) });
    const finishedAt = new Date('2026-01-01T10:00:01Z');
    await database.stages.complete(submission.id, 'grade', { startedAt, finishedAt }, 1);
    expect(await grade()).toMatchObject({ status: 'COMPLETED', startedAt, finishedAt });
  });

  it('says of a graded sheet that it has been read and recorded, also when nobody could note that before; not that its originals are stored', async () => {
    const { submission, fence, graded } = await recorded();
    await gradings.saveMachineGrading({ ...graded, fence: await fence(), pages: [page(1), page(2)], grading: machineGrading(1) });
    const { stages, pagesDone, pagesTotal } = await database.stages.list(submission.id);
    const statuses = Object.fromEntries(stages.map(({ name, status }) => [name, status]));
    expect(statuses).toMatchObject({ extract: 'COMPLETED', record: 'COMPLETED', persist: 'WAITING' });
    expect([pagesDone, pagesTotal]).toEqual([2, 2]);
    const startedAt = new Date('2026-01-01T10:00:00Z');
    await database.stages.start(submission.id, 'extract', startedAt, 1);
    expect((await database.stages.list(submission.id)).stages.find(({ name }) => name === 'extract')?.status).toBe('COMPLETED');
  });

  it('leaves the times of a reading that was noted as they are', async () => {
    const { submission, fence, graded } = await recorded();
    const times = { startedAt: new Date('2026-01-01T10:00:00Z'), finishedAt: new Date('2026-01-01T10:00:02Z') };
    await database.stages.setPages(submission.id, { total: 1, done: 1 });
    await database.stages.complete(submission.id, 'extract', times, 1);
    await gradings.saveMachineGrading({ ...graded, fence: await fence(), pages: [page(1)], grading: machineGrading(1) });
    expect((await database.stages.list(submission.id)).stages.find(({ name }) => name === 'extract')).toMatchObject(times);
  });

  it('gives the earlier grading and changes nothing when the run is graded already', async () => {
    const { submission, fence, graded } = await recorded();
    const first = machineGrading(1);
    await gradings.saveMachineGrading({ ...graded, fence: await fence(), pages: [page(1)], grading: first });
    const repeat = { ...graded, status: 'NEEDS_REVIEW' as const, waitingCause: 'REVIEW', fence: await fence(), pages: [page(1, 'other')] };
    for (const grading of [machineGrading(5), { ...machineGrading(5), grader: 'openai' as const }, null]) {
      expect(await gradings.saveMachineGrading({ ...repeat, grading })).toEqual({ gradingId: first.id });
    }
    expect(await gradings.list(submission.id)).toHaveLength(1);
    expect((await database.pages.find(submission.id, 1))?.text).toBe('Page 1');
    expect((await database.submissions.find(submission.id))?.status).toBe('GRADED');
  });

  it('lets the newest holder of the fence write and nobody else, also when both write at once', async () => {
    const { submission, fence, graded } = await recorded();
    const [older, newer] = [await fence(), await fence()];
    const save = (number: number, score: number) =>
      gradings.saveMachineGrading({ ...graded, fence: number, pages: [page(1)], grading: machineGrading(score) });
    const outcomes = await Promise.allSettled([save(older, 1), save(newer, 2), save(older, 1)]);
    expect(outcomes.map(({ status }) => status)).toEqual(['rejected', 'fulfilled', 'rejected']);
    await expect(save(older, 1)).rejects.toMatchObject({ code: 'FENCED', retryable: false });
    expect(await gradings.list(submission.id)).toMatchObject([{ score: 2 }]);
  });

  it('writes no pages when the sheet was deleted, is unknown, or the grading is refused', async () => {
    const { submission, fence, graded } = await recorded();
    const taken = await fence();
    const ofUnknown = { ...graded, submissionId: randomUUID(), fence: 1, pages: [], grading: null };
    await expect(gradings.saveMachineGrading(ofUnknown)).rejects.toMatchObject({ code: 'SUBMISSION_NOT_FOUND' });
    const other = await recorded();
    const sameId = machineGrading(1);
    await gradings.saveMachineGrading({ ...other.graded, fence: await other.fence(), pages: [], grading: sameId });
    const clash = gradings.saveMachineGrading({ ...graded, fence: taken, pages: [page(1)], grading: sameId });
    await expect(clash).rejects.toMatchObject({ code: 'ALREADY_EXISTS' });
    await database.submissions.markDeleted(submission.id);
    const late = gradings.saveMachineGrading({ ...graded, fence: taken, pages: [page(1)], grading: machineGrading(1) });
    await expect(late).rejects.toMatchObject({ code: 'SUBMISSION_DELETED' });
    expect(await database.pages.listAll(submission.id)).toEqual([]);
  });

  it('replaces pages and result in the next run; the newest run counts', async () => {
    const { submission, fence, graded } = await recorded();
    const first = machineGrading(1);
    await gradings.saveMachineGrading({ ...graded, fence: await fence(), pages: [page(1), page(2)], grading: first });
    await database.submissions.nextRun(submission.id, { fromFailed: false, stages: ['grade'] });
    const second = machineGrading(2);
    await gradings.saveMachineGrading({ ...graded, run: 2, fence: await fence(), pages: [page(1, 'better')], grading: second });
    expect((await database.pages.listAll(submission.id)).map(({ text }) => text)).toEqual(['better']);
    expect((await gradings.findCurrent(submission.id))?.id).toBe(second.id);
    expect((await gradings.list(submission.id)).map(({ id }) => id)).toEqual([second.id, first.id]);
  });

  it('saves a hundred full pages well within the time limit of a call', async () => {
    const { submission, fence, graded } = await recorded();
    const text = Array.from({ length: 500 }, (_, index) => `word${index}`).join(' ');
    const pages = Array.from({ length: 100 }, (_, index) => page(index + 1, text));
    const begin = performance.now();
    await gradings.saveMachineGrading({ ...graded, fence: await fence(), pages, grading: machineGrading(1) });
    expect(performance.now() - begin).toBeLessThan(4_000);
    expect(await database.pages.find(submission.id, 100)).toEqual(pages[99]);
  });
});

describe('saveDecision', () => {
  async function gradedSheet() {
    const { submission, fence, graded } = await recorded();
    const unsure = result(1, { number: '1', needsReview: true, reviewReasons: ['LOW_CONFIDENCE'] });
    const sure = result(4, { number: '2' });
    const machine = machineGrading(5, [unsure, sure]);
    await gradings.saveMachineGrading({
      ...graded,
      fence: await fence(),
      pages: [],
      status: 'NEEDS_REVIEW',
      waitingCause: 'REVIEW',
      grading: machine,
    });
    const decide = (score: number, more: object = {}) => ({
      ...{ id: randomUUID(), submissionId: submission.id, by: school.teacher.userId, rubricVersion: 1 },
      result: { ...unsure, score, needsReview: false, reviewReasons: [], confidence: 1 },
      ...more,
    });
    return { submission, fence, graded, machine, unsure, sure, decide };
  }

  it('wins over the machine, keeps the machine’s, ends the review and counts in the sums', async () => {
    const { submission, machine, unsure, decide } = await gradedSheet();
    const decision = decide(3);
    const outcome = await gradings.saveDecision(decision);
    expect(outcome).toMatchObject({ gradingId: decision.id, score: 7, maxScore: 10, reviews: 0, status: 'GRADED', finished: true });
    expect(outcome.current).toMatchObject({
      gradingId: decision.id,
      machineGradingId: machine.id,
      decidedBy: { id: school.teacher.userId },
    });
    expect(await gradings.findCurrent(submission.id)).toMatchObject({
      id: decision.id,
      grader: 'human',
      score: 7,
      questions: [{ score: 3 }, { score: 4 }],
    });
    expect((await gradings.list(submission.id)).map(({ grader, questionId }) => [grader, questionId])).toEqual([
      ['human', unsure.questionId],
      ['offline', null],
    ]);
    expect(await database.submissions.find(submission.id)).toMatchObject({ status: 'GRADED', waitingCause: null });
    expect(await gradings.listUnannounced(-60_000, 100)).toContain(decision.id);
    const { items } = await database.audit.list({ institutionId: school.teacher.institutionId, subjectId: submission.id, limit: 10 });
    expect(items).toMatchObject([
      { action: 'decision.made', actor: { id: school.teacher.userId }, data: { from: 1, to: 3 } },
      { action: 'grading.made', actor: null, data: { gradingId: machine.id, run: 1, grader: 'offline', from: null, to: 5 } },
    ]);
  });

  it('is found by its key, without the other questions of the sheet', async () => {
    const { submission, unsure, sure } = await gradedSheet();
    const rows: number[] = [];
    const prisma = new PrismaClient({ adapter: new PrismaPg({ connectionString: scratch.url }) });
    const counting = prisma.$extends({
      query: {
        $queryRaw: async ({ args, query }) => {
          const found: unknown = await query(args);
          rows.push((found as unknown[]).length);
          return found;
        },
      },
    });
    const { findCurrentResult } = createGradingRepository(counting as unknown as PrismaClient);
    for (const { questionId } of [unsure, sure])
      expect(await findCurrentResult(submission.id, questionId)).toMatchObject({ questionId, result: { questionId } });
    expect(await findCurrentResult(submission.id, randomUUID())).toBeNull();
    await prisma.$disconnect();
    expect(rows).toEqual([1, 1, 0]);
  });

  it('survives the next machine grading, which only renews what stands beside it', async () => {
    const { submission, fence, graded, unsure, sure, decide } = await gradedSheet();
    await gradings.saveDecision(decide(3));
    await database.submissions.nextRun(submission.id, { fromFailed: false, stages: ['grade'] });
    await expect(gradings.saveDecision(decide(2))).rejects.toMatchObject({ code: 'SUBMISSION_BUSY' });
    const again = machineGrading(2, [
      { ...unsure, score: 0 },
      { ...sure, score: 2 },
    ]);
    await gradings.saveMachineGrading({
      ...graded,
      run: 2,
      fence: await fence(),
      pages: [],
      status: 'NEEDS_REVIEW',
      waitingCause: 'REVIEW',
      grading: again,
    });
    expect(await gradings.listCurrent(submission.id)).toMatchObject([
      { machineGradingId: again.id, result: { score: 3 } },
      { gradingId: again.id, decidedBy: null, result: { score: 2 } },
    ]);
    expect(await database.submissions.find(submission.id)).toMatchObject({ status: 'GRADED' });
  });

  it('is refused when another one came first, of two at once as well', async () => {
    const { machine, decide } = await gradedSheet();
    const both = await Promise.allSettled([1, 2].map((score) => gradings.saveDecision(decide(score, { basedOn: machine.id }))));
    expect(both.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected']);
    await expect(gradings.saveDecision(decide(4, { basedOn: machine.id }))).rejects.toMatchObject({ code: 'DECISION_CONFLICT' });
  });

  it('that goes back to the machine’s lets the question follow the machine again', async () => {
    const { submission, machine, unsure, decide } = await gradedSheet();
    await gradings.saveDecision(decide(3));
    const back = await gradings.saveDecision({ ...decide(1), result: unsure, revertedTo: machine.id });
    expect(back).toMatchObject({ status: 'NEEDS_REVIEW', reviews: 1, score: 5, current: { decidedBy: null, gradingId: machine.id } });
    expect(await gradings.findCurrent(submission.id)).toMatchObject({ id: machine.id, grader: 'offline' });
  });
});

describe('listForAssessment', () => {
  it('gives every sheet by label with the grading that counts, and one student’s alone when asked', async () => {
    const b = await recorded({ label: 'b' });
    const { assessmentId } = b.submission;
    const a = await recorded({ label: 'a', assessmentId, studentId: school.student.userId });
    const unnamed = await recorded({ assessmentId });
    await gradings.saveMachineGrading({ ...a.graded, fence: await a.fence(), pages: [], grading: machineGrading(4) });
    const rows = await gradings.listForAssessment(assessmentId);
    expect(rows.map(({ submission, grading }) => [submission.id, grading?.score ?? null])).toEqual([
      [a.submission.id, 4],
      [b.submission.id, null],
      [unnamed.submission.id, null],
    ]);
    expect(await gradings.listForAssessment(assessmentId, school.student.userId)).toEqual([rows[0]]);
  });
});

describe('announcing', () => {
  it('happens once however often it is repeated, and takes the grading from the list of what nobody was told', async () => {
    const { fence, graded } = await recorded();
    const grading = machineGrading(1);
    await gradings.saveMachineGrading({ ...graded, fence: await fence(), pages: [], grading });
    const { notifications } = database;
    const notice = () => ({
      ...{ id: randomUUID(), userId: school.student.userId, event: 'submission.graded' as const },
      ...{ subjectType: 'submission', subjectId: graded.submissionId, text: 'Graded' },
    });
    expect(await gradings.listUnannounced(60_000, 100)).not.toContain(grading.id);
    expect(await gradings.listUnannounced(-60_000, 100)).toContain(grading.id);
    const counts = await Promise.all([1, 2, 3].map(() => notifications.announce(grading.id, [notice()])));
    expect(counts.toSorted()).toEqual([0, 0, 1]);
    expect(await gradings.listUnannounced(-60_000, 100)).not.toContain(grading.id);
    const { items, unread } = await notifications.list(school.student.userId, { limit: 10 });
    expect([items, unread]).toMatchObject([[{ event: 'submission.graded', subjectId: graded.submissionId, readAt: null }], 1]);
    await notifications.markRead(school.teacher.userId, 'all');
    await notifications.markRead(school.student.userId, { ids: [items[0]?.id ?? ''] });
    expect(await notifications.list(school.student.userId, { limit: 10 })).toMatchObject({
      items: [{ readAt: expect.any(Date) }],
      unread: 0,
    });
    await expect(notifications.announce(randomUUID(), [])).rejects.toMatchObject({ code: 'GRADING_NOT_FOUND' });
  });
});
