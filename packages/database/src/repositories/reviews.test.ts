import { randomUUID } from 'node:crypto';
import { neutralName, type QuestionResult } from '@gradeflow/contracts';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Actor } from '../access.ts';
import { addAssessment, machineGrading, newSubmission, result, type School, seedSchool } from '../testing/samples.ts';
import { createScratchDatabase, type ScratchDatabase } from '../testing/scratch-database.ts';
import type { Database } from '../types.ts';
import type { ReviewItem } from './reviews.ts';

let scratch: ScratchDatabase;
let database: Database;
let school: School;
beforeAll(async () => {
  scratch = await createScratchDatabase();
  database = scratch.database;
  school = await seedSchool(database);
});
afterAll(() => scratch.drop());

const unsure = (changes: Partial<QuestionResult> = {}) =>
  result(2, { needsReview: true, reviewReasons: ['LOW_CONFIDENCE'], confidence: 0.4, ...changes });
/** A graded sheet of this assessment; older ones are claimed first. */
async function sheet(assessmentId: string, questions: QuestionResult[]): Promise<string> {
  const { id } = await database.submissions.record(newSubmission(school, assessmentId, { id: randomUUID() }));
  const fence = (await database.submissions.takeFence(id)) ?? 0;
  const how = { submissionId: id, run: 1, fence, pages: [], status: 'GRADED' as const, waitingCause: null };
  await database.gradings.saveMachineGrading({ ...how, grading: machineGrading(2, questions) });
  return id;
}
const person = async (role: Actor['role']): Promise<Actor> => {
  const actor = { userId: randomUUID(), institutionId: school.institutionId, role };
  await database.users.insert({
    ...actor,
    id: actor.userId,
    email: `${actor.userId}@example.org`,
    name: 'Rae Reviewer',
    passwordHash: null,
  });
  return actor;
};
const placeOf = ({ submissionId, questionId }: ReviewItem) => `${submissionId}/${questionId}`;
const minute = 60_000;

describe('claim', () => {
  it('gives each item to one person, however many ask at once, and misses none', async () => {
    const assessmentId = await addAssessment(database, school.teacher);
    for (let n = 0; n < 10; n++) await sheet(assessmentId, [unsure(), unsure(), unsure(), result(2)]);
    const people = await Promise.all(Array.from({ length: 4 }, () => person('ADMIN')));
    const claims = await Promise.all(
      Array.from({ length: 40 }, (_, n) =>
        database.reviews.claim(people[n % 4] as Actor, { assessmentId, count: 1 + (n % 3), holdMs: minute }),
      ),
    );
    const places = claims.flat().map(placeOf);
    expect(places.length).toBe(30);
    expect(new Set(places).size).toBe(30);
    expect(await database.reviews.claim(school.admin, { assessmentId, count: 3, holdMs: minute })).toEqual([]);
    expect((await database.reviews.list(school.admin, { assessmentId, limit: 100 })).items.every((item) => item.claimedBy)).toBe(true);
  });

  it('lets many people work the queue off together: each item is decided once, nobody is in the way', async () => {
    const assessmentId = await addAssessment(database, school.teacher);
    const questions = [unsure(), unsure({ number: '2' })];
    const sheets = await Promise.all(Array.from({ length: 8 }, () => sheet(assessmentId, questions)));
    const work = async () => {
      const by = await person('ADMIN');
      for (;;) {
        const claims = await database.reviews.claim(by, { assessmentId, count: 2, holdMs: minute });
        if (claims.length === 0) return;
        for (const { submissionId, questionId, id } of claims) {
          const decided = { ...(questions.find((question) => question.questionId === questionId) as QuestionResult), needsReview: false };
          await database.reviews.renew(by.userId, id, minute);
          await database.gradings.saveDecision({ id: randomUUID(), submissionId, by: by.userId, rubricVersion: 1, result: decided });
        }
      }
    };
    await Promise.all(Array.from({ length: 6 }, work));
    const decisions = await Promise.all(
      sheets.map(async (id) => (await database.gradings.list(id)).filter(({ by }) => by !== null).length),
    );
    expect(decisions).toEqual(sheets.map(() => 2));
    expect((await database.reviews.list(school.teacher, { assessmentId, limit: 5 })).total).toBe(0);
  });

  it('gives the oldest first, in the order of the rubric, by question and by reason; a decision frees nothing to claim', async () => {
    const assessmentId = await addAssessment(database, school.teacher);
    const [a, b] = [unsure(), unsure({ number: '2', reviewReasons: ['OFF_TOPIC', 'NEAR_BOUNDARY'] })];
    const first = await sheet(assessmentId, [a, b]);
    const second = await sheet(assessmentId, [a, b]);
    const claim = async (more: object) =>
      (await database.reviews.claim(school.teacher, { assessmentId, count: 3, holdMs: minute, ...more })).map(placeOf);
    expect(await claim({ questionId: b.questionId, reasons: ['OFF_TOPIC', 'BLANK'], count: 1 })).toEqual([`${first}/${b.questionId}`]);
    expect(await claim({ reasons: ['BLANK'] })).toEqual([]);
    await database.gradings.saveDecision({
      ...{ id: randomUUID(), submissionId: first, by: school.admin.userId, rubricVersion: 1 },
      result: { ...a, needsReview: false, reviewReasons: [] },
    });
    expect(await claim({})).toEqual([`${second}/${a.questionId}`, `${second}/${b.questionId}`]);
  });

  it('ends by itself and goes to the next; only the holder renews or releases it', async () => {
    const assessmentId = await addAssessment(database, school.teacher);
    await sheet(assessmentId, [unsure()]);
    const { reviews } = database;
    const claim = (actor: Actor, holdMs = minute) => reviews.claim(actor, { assessmentId, count: 1, holdMs });
    const [lapsed] = await claim(school.teacher);
    await scratch.query('UPDATE review_claim SET expires_at = now() WHERE id = $1', [lapsed?.id]);
    const [held] = await claim(school.admin);
    expect(held).toMatchObject({ claimedBy: { id: school.admin.userId }, submissionId: lapsed?.submissionId });
    await expect(reviews.renew(school.teacher.userId, lapsed?.id ?? '', minute)).rejects.toMatchObject({ code: 'CLAIM_NOT_FOUND' });
    await expect(reviews.release(school.teacher.userId, held?.id ?? '')).rejects.toMatchObject({ code: 'CLAIM_NOT_FOUND' });
    const renewed = await reviews.renew(school.admin.userId, held?.id ?? '', 2 * minute);
    expect(renewed.getTime() - (held?.expiresAt.getTime() ?? 0)).toBeGreaterThan(0.9 * minute);
    expect(await claim(school.admin, 10 * minute)).toEqual([]);
    const [kept] = (await scratch.query('SELECT expires_at AS until FROM review_claim WHERE id = $1', [held?.id])) as [{ until: Date }];
    expect(kept.until.getTime() - renewed.getTime()).toBeGreaterThan(7 * minute);
    await reviews.release(school.admin.userId, held?.id ?? '');
    expect(await claim(school.teacher)).toHaveLength(1);
  });
});

describe('rejudge', () => {
  it('opens and closes reviews by the threshold, keeps what the grader and people said, and tells of sheets that are done', async () => {
    const assessmentId = await addAssessment(database, school.teacher);
    const sure = () => result(2, { confidence: 0.9 });
    const human = sure();
    const own = unsure({ confidence: 0.85, reviewReasons: ['LOW_CONFIDENCE', 'OFF_TOPIC'] });
    const plain = await sheet(assessmentId, [sure()]);
    const mixed = await sheet(assessmentId, [human, own]);
    const decided = { id: randomUUID(), submissionId: mixed, by: school.admin.userId, rubricVersion: 1, result: human };
    await database.gradings.saveDecision(decided);
    for (const id of [plain, mixed])
      for (const grading of await database.gradings.list(id)) await database.notifications.announce(grading.id, []);
    const seen = async () => {
      const { items } = await database.submissions.list({ assessmentId, sort: 'createdAt', limit: 9 });
      return items.map(({ status, reviews, waitingCause }) => [status, reviews, waitingCause]);
    };
    const before = await seen();
    expect(before).toEqual([
      ['GRADED', 0, null],
      ['NEEDS_REVIEW', 1, 'REVIEW'],
    ]);
    expect(await database.reviews.rejudge(assessmentId, 0.95)).toBe(1);
    expect(await seen()).toEqual([
      ['NEEDS_REVIEW', 1, 'REVIEW'],
      ['NEEDS_REVIEW', 1, 'REVIEW'],
    ]);
    expect((await database.gradings.findCurrent(plain))?.questions).toMatchObject([
      { needsReview: true, reviewReasons: ['LOW_CONFIDENCE'] },
    ]);
    expect(await database.gradings.listUnannounced(0, 1000)).not.toContain((await database.gradings.findCurrent(plain))?.id);
    expect(await database.reviews.rejudge(assessmentId, 0.95)).toBe(0);
    expect(await database.reviews.rejudge(assessmentId, 0.1)).toBe(1);
    expect(await seen()).toEqual(before);
    expect((await database.gradings.findCurrent(mixed))?.questions).toMatchObject([{}, { reviewReasons: ['LOW_CONFIDENCE', 'OFF_TOPIC'] }]);
    expect(await database.gradings.listUnannounced(0, 1000)).toContain((await database.gradings.findCurrent(plain))?.id);
  });
});

describe('list', () => {
  it('pages through all that one manages, and shows nobody else’s', async () => {
    const school2 = await seedSchool(database);
    const own = await addAssessment(database, school2.teacher);
    const taught = await addAssessment(database, school2.admin, { courseId: school2.courseId });
    const foreign = await addAssessment(database, school2.admin);
    for (const assessmentId of [own, taught, foreign]) {
      const { id } = await database.submissions.record(newSubmission(school2, assessmentId, { id: randomUUID() }));
      const fence = (await database.submissions.takeFence(id)) ?? 0;
      const how = { submissionId: id, run: 1, fence, pages: [], status: 'GRADED' as const, waitingCause: null };
      await database.gradings.saveMachineGrading({ ...how, grading: machineGrading(4, [unsure(), unsure({ number: '2' })]) });
    }
    const all = async (actor: Actor) => {
      const found: ReviewItem[] = [];
      let cursor: string | undefined;
      do {
        const page = await database.reviews.list(actor, { limit: 1, cursor });
        found.push(...page.items);
        cursor = page.nextCursor ?? undefined;
      } while (cursor !== undefined);
      return found.map((item) => item.assessmentId + item.number);
    };
    expect(await all(school2.teacher)).toEqual([own, own, taught, taught].map((id, n) => id + ((n % 2) + 1)));
    expect((await database.reviews.list(school2.admin, { limit: 5 })).total).toBe(6);
    expect(await all(school2.colleague)).toEqual([]);
    expect(await all(school2.student)).toEqual([]);
    await expect(database.reviews.list(school2.admin, { limit: 5, cursor: 'eA' })).rejects.toMatchObject({ code: 'VALIDATION_FAILED' });
  });

  it('shows a neutral label under anonymous marking, and not a sheet that is being graded again', async () => {
    const assessmentId = await addAssessment(database, school.teacher);
    const id = await sheet(assessmentId, [unsure()]);
    const listed = async () => (await database.reviews.list(school.teacher, { assessmentId, limit: 5 })).items;
    await database.submissions.update(id, { label: 'Sam' });
    expect(await listed()).toMatchObject([{ label: 'Sam', reasons: ['LOW_CONFIDENCE'], confidence: 0.4, claimedBy: null }]);
    await database.assessments.update(assessmentId, { anonymous: true });
    expect(await listed()).toMatchObject([{ label: neutralName(id) }]);
    await database.submissions.nextRun(id, { fromFailed: false, stages: ['grade'] });
    expect(await listed()).toEqual([]);
  });
});
