import { neutralName, Question, type QuestionResult } from '@gradeflow/contracts';
import type { User } from '@gradeflow/database';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import request from 'supertest';
import { uuidv7 } from 'uuidv7';
import { gradeSubmission, machineResult, recordSubmission } from '../../testing/record-submission.ts';
import { makeAssessment, startTestGateway, type TestGateway } from '../../testing/start-test-gateway.ts';

let gateway: TestGateway;
let assessmentId: string;
beforeAll(async () => {
  gateway = await startTestGateway();
});
afterAll(() => gateway.close());

const criterion = (id: string, points: number) => ({ id, description: `says ${id}`, points, match: { type: 'manual' } });
const question = Question.parse({ id: uuidv7(), number: '1', maxScore: 3, rubric: { criteria: [criterion('a', 2), criterion('b', 1)] } });
const untouched = Question.parse({ id: uuidv7(), number: '2', maxScore: 2 });
const file = { bytes: Buffer.from('a sheet'), mediaType: 'application/pdf' as const, name: 'sheet.pdf', pages: 1 };
beforeEach(async () => {
  const { database } = gateway.ports;
  assessmentId = (await makeAssessment(database, gateway.cast.teacher, {})).id;
  await database.assessments.saveQuestions(assessmentId, [question, untouched], gateway.cast.teacher.id);
});

async function sheet(label: string, result: Partial<QuestionResult>): Promise<string> {
  const submission = await recordSubmission(gateway, { assessmentId, files: [file] });
  await gateway.ports.database.submissions.update(submission.id, { label });
  const criteria = [
    { criterionId: 'a', decision: 'MET' as const, points: 2, fraction: 1, evidence: [] },
    { criterionId: 'b', decision: 'NOT_MET' as const, points: 0, fraction: 0, evidence: [] },
  ];
  await gradeSubmission(gateway, submission, [
    machineResult({ questionId: question.id, criteria, answerText: `of ${label}`, regions: [{ page: 1, box: [1, 2, 3, 4] }], ...result }),
    machineResult({ questionId: untouched.id, number: '2', score: 1, maxScore: 2 }),
  ]);
  return submission.id;
}
const get = async (path: string, who: User = gateway.cast.teacher) =>
  request(gateway.app)
    .get(`/v1/assessments/${assessmentId}${path}`)
    .set('Authorization', await gateway.as(who));
const answers = (query: string) => get(`/questions/${question.id}/answers?${query}`);
const decide = async (submissionId: string, criteria: object[]) => {
  const answer = await request(gateway.app)
    .post(`/v1/submissions/${submissionId}/questions/${question.id}/decision`)
    .set('Authorization', await gateway.as(gateway.cast.teacher))
    .send({ criteria });
  expect(answer.status).toBe(200);
};
const labels = (body: { items: Array<{ label: string }> }) => body.items.map(({ label }) => label);

describe('the answers to a question', () => {
  it('are listed by state and reason, with who decided', async () => {
    const open = await sheet('open', { needsReview: true, reviewReasons: ['OFF_TOPIC', 'LOW_CONFIDENCE'], confidence: 0.3 });
    const decided = await sheet('decided', {});
    await sheet('machine', { score: 3 });
    await decide(decided, [{ criterionId: 'b', decision: 'MET' }]);
    const all = (await answers('')).body;
    expect(all).toMatchObject({ total: 3, counts: { open: 1, decided: 1, machine: 1 }, nextCursor: null });
    expect(all.items[0]).toMatchObject({
      ...{ submissionId: open, label: 'open', state: 'open', score: 2, confidence: 0.3, answerText: 'of open', decidedBy: null },
      ...{ regions: [{ page: 1 }], criteria: [{ criterionId: 'a' }, { criterionId: 'b' }], reasons: ['OFF_TOPIC', 'LOW_CONFIDENCE'] },
    });
    const byPerson = (await answers('state=decided')).body;
    expect(byPerson).toMatchObject({ total: 1, counts: { open: 1, decided: 1, machine: 1 } });
    expect(byPerson.items).toMatchObject([{ submissionId: decided, score: 3, decidedBy: { id: gateway.cast.teacher.id } }]);
    expect(labels((await answers('state=machine')).body)).toEqual(['machine']);
    expect(labels((await answers('reason=OFF_TOPIC')).body)).toEqual(['open']);
    expect((await answers('state=open&reason=BLANK')).body).toMatchObject({ total: 0, items: [] });
    expect((await get(`/questions/${uuidv7()}/answers`)).body.code).toBe('QUESTION_NOT_FOUND');
    expect((await answers('sort=name')).body.errors).toMatchObject([{ path: '/sort' }]);
  });

  it('come in pages that neither repeat nor miss what stays, while others are decided', async () => {
    const made: string[] = [];
    for (const [index, label] of ['e', 'd', 'c', 'b', 'a'].entries())
      made.push(await sheet(label, { confidence: [0.1, 0.3, 0.3, 0.3, 0.7][index] as number, score: index % 2 }));
    const walk = async (sort: string) => {
      const found: string[] = [];
      let cursor = '';
      do {
        const { body } = await answers(`sort=${sort}&limit=2${cursor}`);
        found.push(...labels(body));
        cursor = body.nextCursor === null ? '' : `&cursor=${body.nextCursor}`;
      } while (cursor !== '');
      return found.join('');
    };
    expect(await walk('label')).toBe('abcde');
    expect(await walk('-label')).toBe('edcba');
    expect(await walk('confidence')).toBe('edcba');
    expect(await walk('-confidence')).toBe('abcde');
    expect(await walk('score')).toBe('ecadb');
    const first = (await answers('sort=confidence&limit=2')).body;
    await decide(made[0] as string, [{ criterionId: 'b', decision: 'MET' }]);
    const rest = (await answers(`sort=confidence&limit=3&cursor=${first.nextCursor}`)).body;
    expect(labels(first).concat(labels(rest)).join('')).toBe('edcba');
    expect((await answers(`sort=score&cursor=${first.nextCursor}`)).status).toBe(400);
  });

  it('tell no names under anonymous marking, nor their order', async () => {
    const sheets = [await sheet('zoe', {}), await sheet('adam', {})];
    await gateway.ports.database.assessments.update(assessmentId, { anonymous: true });
    const { body } = await answers('sort=label');
    expect(labels(body)).toEqual(sheets.map(neutralName).toSorted());
  });
});

describe('agreement', () => {
  it('compares machine and person per question and criterion, over what both have decided', async () => {
    const met = { criterionId: 'b', decision: 'MET' };
    await decide(await sheet('1', { reviewReasons: ['SAMPLED'], needsReview: true }), []);
    await decide(await sheet('2', {}), [met]);
    await decide(await sheet('3', {}), [met, { criterionId: 'a', decision: 'NOT_MET' }]);
    await decide(await sheet('4', { reviewReasons: ['LOW_CONFIDENCE'], needsReview: true }), [{ criterionId: 'a', decision: 'UNCLEAR' }]);
    await sheet('5', {});
    const { body } = await get('/agreement');
    expect(body.overall).toMatchObject({ n: 3, few: true, agreed: 1 });
    expect(body.questions).toMatchObject([
      {
        ...{ questionId: question.id, number: '1', n: 3, agreed: 1, sampled: 1, meanDifference: 0 },
        criteria: [
          { criterionId: 'a', description: 'says a', n: 3, agreed: 2, unclear: 0, kappa: 0 },
          { criterionId: 'b', n: 3, agreed: 1 },
        ],
      },
      { questionId: untouched.id, n: 0, kappa: null, exact: { value: null }, criteria: [] },
    ]);
    expect(body.questions[0].criteria[0].meanDifference).toBeCloseTo(2 / 3, 6);
    expect((await get('/agreement', gateway.cast.colleague)).status).toBe(403);
  });
});
