import { PageReading, Question } from '@gradeflow/contracts';
import type { User } from '@gradeflow/database';
import { waitFor } from '@gradeflow/testing';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import request from 'supertest';
import { uuidv7 } from 'uuidv7';
import { gradeSubmission, machineResult, recordSubmission } from '../../testing/record-submission.ts';
import { startTestGateway, type TestGateway } from '../../testing/start-test-gateway.ts';

let gateway: TestGateway;
let assessmentId: string;
const criterion = (id: string, points: number) => ({ id, description: id, points, match: { type: 'manual' } });
const withRubric = Question.parse({ id: uuidv7(), number: '1', maxScore: 3, rubric: { criteria: [criterion('a', 2), criterion('b', 1)] } });
const withoutRubric = Question.parse({ id: uuidv7(), number: '2', maxScore: 2 });
beforeAll(async () => {
  gateway = await startTestGateway();
  assessmentId = gateway.cast.assessment.id;
  await gateway.ports.database.assessments.saveQuestions(assessmentId, [withRubric, withoutRubric], gateway.cast.teacher.id);
});
afterAll(() => gateway.close());

const word = (text: string, x: number) => ({ text, confidence: 0.9, box: [x, 0, 10, 10] as [number, number, number, number], line: 0 });
const page = PageReading.parse({
  ...{ number: 1, width: 100, height: 50, text: 'the answer goes on', confidence: 0.9, engine: 'text-layer', rotation: 0 },
  words: ['the', 'answer', 'goes', 'on'].map((text, index) => word(text, 10 * index)),
});
async function sheetInReview() {
  const submission = await recordSubmission(gateway, { assessmentId });
  const unsure = machineResult({
    ...{ questionId: withRubric.id, score: 2, needsReview: true, reviewReasons: ['LOW_CONFIDENCE'] },
    criteria: [
      { criterionId: 'a', decision: 'MET', points: 2, fraction: 1, evidence: [{ page: 1, box: [0, 0, 5, 5], text: 'an' }] },
      { criterionId: 'b', decision: 'UNCLEAR', points: 0, fraction: 0, evidence: [] },
    ],
  });
  const sure = machineResult({ questionId: withoutRubric.id, number: '2', score: 1, maxScore: 2 });
  const gradingId = await gradeSubmission(gateway, submission, [unsure, sure], [page]);
  return { id: submission.id, gradingId };
}
const post = async (who: User, path: string, body: object) =>
  request(gateway.app)
    .post(path)
    .set('Authorization', await gateway.as(who))
    .send(body);
const decide = (who: User, id: string, body: object, question = withRubric.id) =>
  post(who, `/v1/submissions/${id}/questions/${question}/decision`, body);
const view = async (id: string) =>
  (
    await request(gateway.app)
      .get(`/v1/submissions/${id}`)
      .set('Authorization', await gateway.as(gateway.cast.teacher))
  ).body;
const metB = { criteria: [{ criterionId: 'b', decision: 'MET' }] };

describe('a decision', () => {
  it('counts, ends the review, is told of, and stands beside the machine’s grading', async () => {
    const { teacher } = gateway.cast;
    const { id, gradingId } = await sheetInReview();
    expect(await view(id)).toMatchObject({ status: 'NEEDS_REVIEW', result: { score: 3, grader: 'offline' } });
    const decided = await decide(teacher, id, { ...metB, feedback: 'Well put.' });
    expect([decided.status, decided.body.total]).toEqual([200, { score: 4, maxScore: 5 }]);
    expect(decided.body.question).toMatchObject({ score: 3, needsReview: false, feedback: 'Well put.' });
    expect(await view(id)).toMatchObject({ status: 'GRADED', waitingFor: null, result: { score: 4, grader: 'human' } });
    const { body } = await request(gateway.app)
      .get(`/v1/submissions/${id}/gradings`)
      .set('Authorization', await gateway.as(teacher));
    expect(body.items).toMatchObject([
      { id: decided.body.gradingId, grader: 'human', by: { id: teacher.id }, score: 4, questions: [{ score: 3 }] },
      { id: gradingId, grader: 'offline', by: null },
    ]);
    const notices = gateway.ports.boardQueues.queues.find(({ name }) => name === 'deliver-notification');
    await waitFor(async () => (await notices?.getJobs())?.some((job) => job?.data.gradingId === decided.body.gradingId) ?? false);
  });

  it('takes points where there are no criteria, and names what does not fit', async () => {
    const { id } = await sheetInReview();
    const { teacher } = gateway.cast;
    expect((await decide(teacher, id, { points: 1.5 }, withoutRubric.id)).body.question).toMatchObject({ score: 1.5, maxScore: 2 });
    const wrong = await decide(teacher, id, { criteria: [{ criterionId: 'z', decision: 'MET' }] });
    expect([wrong.status, wrong.body.errors]).toEqual([400, [{ path: '/criteria/0/criterionId', message: 'there is no criterion "z"' }]]);
    expect((await decide(teacher, id, { points: 9 }, withoutRubric.id)).body.errors).toMatchObject([{ path: '/points' }]);
    expect((await decide(teacher, id, { points: 1 }, uuidv7())).body.code).toBe('QUESTION_NOT_FOUND');
    expect((await decide(teacher, id, { criterias: [] })).status).toBe(400);
  });

  it('comes second when somebody else has decided since', async () => {
    const { id, gradingId } = await sheetInReview();
    const both = await Promise.all([1, 2].map(() => decide(gateway.cast.teacher, id, { ...metB, basedOn: gradingId })));
    expect(both.map(({ status }) => status).toSorted()).toEqual([200, 409]);
    const late = await decide(gateway.cast.admin, id, { ...metB, basedOn: gradingId });
    const won = both.find(({ status }) => status === 200);
    expect(late.body).toMatchObject({ code: 'DECISION_CONFLICT', current: won?.body.gradingId });
  });

  it('takes the text of evidence from the words in the box, and refuses places beside the sheet', async () => {
    const { id } = await sheetInReview();
    const { teacher } = gateway.cast;
    const point = (page: number, box: number[]) =>
      decide(teacher, id, { criteria: [{ criterionId: 'b', decision: 'MET', evidence: [{ page, box }] }] });
    const decided = await point(1, [0, 0, 22, 10]);
    const [a, b] = decided.body.question.criteria;
    expect(b.evidence).toEqual([{ page: 1, box: [0, 0, 22, 10], text: 'the answer' }]);
    expect(a.evidence).toMatchObject([{ text: 'an' }]);
    expect((await point(2, [0, 0, 5, 5])).body.errors).toMatchObject([{ path: '/criteria/0/evidence/0/page' }]);
    expect((await point(1, [500, 0, 5, 5])).body.errors).toMatchObject([{ path: '/criteria/0/evidence/0/box' }]);
    expect((await point(1, [0, 0, 0, 5])).body.errors).toMatchObject([{ path: '/criteria/0/evidence/0/box' }]);
  });

  it('that replaces one nobody was told of is told of in its place', async () => {
    const { teacher } = gateway.cast;
    const { id } = await sheetInReview();
    const { database } = gateway.ports;
    await decide(teacher, id, metB);
    const second = await decide(teacher, id, { points: 2 }, withoutRubric.id);
    expect(await database.gradings.listUnannounced(0, 1000)).toContain(second.body.gradingId);
    for (const { id: told } of await database.gradings.list(id)) await database.notifications.announce(told, []);
    const third = await decide(teacher, id, { points: 1 }, withoutRubric.id);
    expect(await database.gradings.listUnannounced(0, 1000)).not.toContain(third.body.gradingId);
  });

  it('is for those who manage the assessment', async () => {
    const { id } = await sheetInReview();
    const { student, colleague, stranger, admin } = gateway.cast;
    const statuses = await Promise.all([student, colleague, stranger, admin].map(async (who) => (await decide(who, id, metB)).status));
    expect(statuses).toEqual([403, 403, 404, 200]);
  });

  it('can be taken back to the machine’s, which opens the review again', async () => {
    const { teacher } = gateway.cast;
    const { id, gradingId } = await sheetInReview();
    const first = await decide(teacher, id, metB);
    const back = await post(teacher, `/v1/submissions/${id}/questions/${withRubric.id}/decision/revert`, { to: gradingId });
    expect([back.status, back.body.question.score, back.body.total.score, back.body.gradingId]).toEqual([200, 2, 3, gradingId]);
    expect(await view(id)).toMatchObject({ status: 'NEEDS_REVIEW', result: { grader: 'offline' } });
    const again = await post(teacher, `/v1/submissions/${id}/questions/${withRubric.id}/decision/revert`, { to: first.body.gradingId });
    expect(again.body.question.score).toBe(3);
    const foreign = await sheetInReview();
    const wrong = await post(teacher, `/v1/submissions/${id}/questions/${withRubric.id}/decision/revert`, { to: foreign.gradingId });
    expect(wrong.body.code).toBe('GRADING_NOT_FOUND');
  });

  it('that is gone back to gives no more than the question is worth by now', async () => {
    const { teacher } = gateway.cast;
    const { database } = gateway.ports;
    const { id } = await sheetInReview();
    const full = await decide(teacher, id, { points: 2 }, withoutRubric.id);
    await decide(teacher, id, { points: 1 }, withoutRubric.id);
    await database.assessments.saveQuestions(assessmentId, [withRubric, { ...withoutRubric, maxScore: 1.5 }], teacher.id);
    const path = `/v1/submissions/${id}/questions/${withoutRubric.id}/decision/revert`;
    const back = await post(teacher, path, { to: full.body.gradingId });
    expect([back.body.question.score, back.body.question.maxScore]).toEqual([1.5, 1.5]);
    await database.assessments.saveQuestions(assessmentId, [withRubric, withoutRubric], teacher.id);
  });
});
