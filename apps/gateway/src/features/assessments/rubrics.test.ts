import { Question, type QuestionResult } from '@gradeflow/contracts';
import type { User } from '@gradeflow/database';
import { createOfflineGrader } from '@gradeflow/grading';
import { waitFor } from '@gradeflow/testing';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import request from 'supertest';
import { uuidv7 } from 'uuidv7';
import { gradeSubmission, recordSubmission } from '../../testing/record-submission.ts';
import { makeAssessment, startTestGateway, type TestGateway } from '../../testing/start-test-gateway.ts';

let gateway: TestGateway;
let authorization: string;
beforeAll(async () => {
  gateway = await startTestGateway();
  authorization = await gateway.as(gateway.cast.teacher);
});
afterAll(() => gateway.close());

const says = (id: string, word: string, points: number) => ({
  ...{ id, description: `says ${word}`, points },
  match: { type: 'keywords', groups: [{ anyOf: [word] }] },
});
const make = (number: string, maxScore: number, criteria: object[], id: string = uuidv7()) =>
  Question.parse({ id, number, maxScore, rubric: { criteria } });
const falling = make('1', 3, [says('a', 'gravity', 2), says('b', 'mass', 1)]);
const floating = make('2', 2, [says('c', 'density', 2)]);

async function resultOf(question: Question, answer: string): Promise<QuestionResult> {
  const grade = await createOfflineGrader().grade({ question, answer, reviewBelow: 0 });
  const { score, maxScore, confidence, feedback, reviewReasons } = grade;
  const criteria = grade.criteria.map(({ criterionId, decision, points, fraction }) => ({
    criterionId,
    decision,
    points,
    fraction,
    evidence: [],
  }));
  const { id: questionId, number } = question;
  return {
    questionId,
    number,
    score,
    maxScore,
    confidence,
    feedback,
    reviewReasons,
    criteria,
    needsReview: false,
    answerText: answer,
    regions: [],
  };
}

/** An assessment with both questions and a graded sheet for each pair of answers. */
async function graded(sheets: Array<[string, string]>) {
  const { id } = await makeAssessment(gateway.ports.database, gateway.cast.teacher, {});
  await gateway.ports.database.assessments.saveQuestions(id, [falling, floating], gateway.cast.teacher.id);
  const submissions: string[] = [];
  for (const [first, second] of sheets) {
    const submission = await recordSubmission(gateway, { assessmentId: id });
    await gradeSubmission(gateway, submission, [await resultOf(falling, first), await resultOf(floating, second)]);
    submissions.push(submission.id);
  }
  return { id, submissions };
}
const put = (id: string, questions: object[], preview = false) =>
  request(gateway.app)
    .put(`/v1/assessments/${id}/questions`)
    .query(preview ? { preview: 'true' } : {})
    .set('Authorization', authorization)
    .send({ questions });
const post = async (path: string, body?: object, who: User = gateway.cast.teacher) =>
  request(gateway.app)
    .post(path)
    .set('Authorization', await gateway.as(who))
    .send(body);
const get = (path: string) => request(gateway.app).get(path).set('Authorization', authorization);
const audited = async (id: string) =>
  (await gateway.ports.database.audit.list({ institutionId: gateway.cast.teacher.institutionId, subjectId: id, limit: 10 })).items;

describe('PUT questions?preview=true', () => {
  it('says whose marks would change, and saves nothing', async () => {
    const { id, submissions } = await graded([
      ['gravity alone', 'the density'],
      ['the mass alone', 'the density'],
      ['it has weight', 'no idea'],
    ]);
    const preview = async (questions: object[]) => (await put(id, questions, true)).body;
    expect(await preview([falling, floating])).toEqual({ up: 0, down: 0, same: 6, changes: [], estimated: false, notCompared: [] });
    const points = make('1', 3, [says('a', 'gravity', 1), says('b', 'mass', 2)], falling.id);
    const changed = (index: number, from: number, to: number | null) => ({
      submissionId: submissions[index],
      questionId: falling.id,
      from,
      to,
    });
    expect(await preview([points, floating])).toEqual({
      ...{ up: 1, down: 1, same: 4, estimated: false, notCompared: [] },
      changes: [changed(0, 2, 1), changed(1, 1, 2)],
    });
    const phrase = make('1', 3, [says('a', 'weight', 2), says('b', 'mass', 1)], falling.id);
    expect((await preview([phrase, floating])).changes).toEqual([changed(0, 2, 0), changed(2, 0, 2)]);
    const gone = await preview([floating, make('3', 1, [says('x', 'y', 1)])]);
    expect(gone).toMatchObject({ up: 0, down: 2, same: 4, notCompared: ['3'] });
    expect(gone.changes).toEqual([changed(0, 2, null), changed(1, 1, null), changed(2, 0, null)]);
    expect((await gateway.ports.database.assessments.find(id))?.rubricVersion).toBe(1);
  });

  it('leaves people’s decisions alone, unless they are above what the question is worth', async () => {
    const { id, submissions } = await graded([['gravity alone', 'the density']]);
    const decision = { criteria: [{ criterionId: 'b', decision: 'MET' }] };
    expect((await post(`/v1/submissions/${submissions[0]}/questions/${falling.id}/decision`, decision)).body.question.score).toBe(3);
    const points = make('1', 3, [says('a', 'gravity', 1), says('b', 'mass', 2)], falling.id);
    expect((await put(id, [points, floating], true)).body).toMatchObject({ same: 2, changes: [] });
    const less = make('1', 2, [says('a', 'gravity', 1), says('b', 'mass', 1)], falling.id);
    expect((await put(id, [less, floating], true)).body.changes).toMatchObject([{ from: 3, to: 2 }]);
  });

  it('checks the questions and If-Match as saving does', async () => {
    const { id } = await graded([]);
    expect((await put(id, [falling], true).set('If-Match', '"7"')).body.code).toBe('PRECONDITION_FAILED');
    const fits = await put(id, [falling], true).set('If-Match', '"1"');
    expect([fits.status, fits.headers.etag]).toEqual([200, '"1"']);
    expect((await put(id, [falling, falling], true)).status).toBe(400);
  });
});

describe('evaluate', () => {
  it('grades all again, each by its own run, and is recorded', async () => {
    const { id, submissions } = await graded([
      ['gravity', 'density'],
      ['mass', 'density'],
    ]);
    const answer = await post(`/v1/assessments/${id}/evaluate`);
    expect([answer.status, answer.body]).toEqual([202, { accepted: 2, conflicts: [] }]);
    const rows = await gateway.ports.database.submissions.findMany(submissions);
    expect(rows.map(({ run, status }) => [run, status])).toEqual([
      [2, 'PROCESSING'],
      [2, 'PROCESSING'],
    ]);
    const states = () => gateway.ports.producer.gradingStates(submissions.map((submissionId) => ({ submissionId, run: 2 })));
    await waitFor(async () => (await states()).every((state) => state === 'pending'));
    expect(await audited(id)).toMatchObject([
      { action: 'assessment.evaluated', actor: { id: gateway.cast.teacher.id }, data: { submissions: 2 } },
      { action: 'questions.saved', data: { version: 1, questions: 2 } },
    ]);
  });

  it('takes the named ones, and says of each other one why not', async () => {
    const { id, submissions } = await graded([
      ['gravity', 'density'],
      ['mass', 'density'],
    ]);
    const fresh = await recordSubmission(gateway, { assessmentId: id });
    const foreign = (await graded([['mass', 'density']])).submissions[0];
    const named = [submissions[0], submissions[0], fresh.id, foreign, uuidv7()];
    const { body } = await post(`/v1/assessments/${id}/evaluate`, { submissionIds: named });
    expect(body).toMatchObject({
      accepted: 1,
      conflicts: [
        { submissionId: fresh.id, code: 'SUBMISSION_BUSY' },
        { submissionId: foreign, code: 'SUBMISSION_NOT_FOUND' },
        { code: 'SUBMISSION_NOT_FOUND' },
      ],
    });
    const rest = await Promise.all([1, 2].map(async () => (await post(`/v1/assessments/${id}/evaluate`)).body.accepted));
    expect(rest.toSorted()).toEqual([0, 1]);
    const { colleague, student } = gateway.cast;
    expect((await post(`/v1/assessments/${id}/evaluate`, {}, colleague)).status).toBe(403);
    expect((await post(`/v1/assessments/${id}/evaluate`, {}, student)).status).toBe(403);
  });
});

describe('rubric versions', () => {
  it('are kept, with who saved them', async () => {
    const { id } = await graded([]);
    await put(id, [{ ...falling, prompt: 'Why?' }]);
    const list = await get(`/v1/assessments/${id}/rubric-versions`);
    const createdBy = { id: gateway.cast.teacher.id, name: 'teacher' };
    expect(list.body.items).toMatchObject([
      { version: 2, questionCount: 1, maxScore: 3, createdBy },
      { version: 1, questionCount: 2, maxScore: 5, createdBy },
    ]);
    const first = await get(`/v1/assessments/${id}/rubric-versions/1`);
    expect(first.body).toMatchObject({ version: 1, questions: [{ id: falling.id, prompt: '' }, { id: floating.id }] });
    expect((await get(`/v1/assessments/${id}/rubric-versions/3`)).body.code).toBe('RUBRIC_VERSION_NOT_FOUND');
    expect((await get(`/v1/assessments/${id}/rubric-versions/x`)).status).toBe(404);
  });
});

describe('trying a question', () => {
  it('shows decisions with their places in the answer, and stores nothing', async () => {
    const { id } = await graded([]);
    const { id: _, ...question } = falling;
    const tried = await post(`/v1/assessments/${id}/questions/try`, { question, answer: 'because of gravity' });
    expect([tried.status, tried.body.score, tried.body.grader]).toEqual([200, 2, 'offline']);
    expect(tried.body.criteria).toMatchObject([
      { criterionId: 'a', decision: 'MET', points: 2, evidence: [{ start: 11, end: 18, quote: 'gravity' }] },
      { criterionId: 'b', decision: 'NOT_MET', evidence: [] },
    ]);
    const wrong = await post(`/v1/assessments/${id}/questions/try`, { question: { ...question, maxScore: 9 }, answer: 'x' });
    expect(wrong.body.errors).toMatchObject([{ path: '/question/rubric/criteria' }]);
    const long = await post(`/v1/assessments/${id}/questions/try`, { question, answer: 'gravity '.repeat(20_000) });
    expect(long.body.errors).toMatchObject([{ path: '/answer' }]);
    expect((await post(`/v1/assessments/${id}/questions/try`, { question, answer: '' })).body).toMatchObject({ score: 0 });
  });
});

describe('export and import', () => {
  const send = (id: string, type: string, body: string, preview = false) =>
    request(gateway.app)
      .post(`/v1/assessments/${id}/questions/import`)
      .query(preview ? { preview: 'true' } : {})
      .set('Authorization', authorization)
      .set('Content-Type', type)
      .send(body);

  it.each(['json', 'csv'])('gives the same questions back as %s, as a body and as a file', async (format) => {
    const { id } = await graded([]);
    const file = await get(`/v1/assessments/${id}/questions/export?format=${format}`);
    expect([file.status, file.headers['content-disposition']]).toEqual([200, `attachment; filename="questions-1.${format}"`]);
    const type = format === 'csv' ? 'text/csv' : 'application/json';
    expect((await send(id, type, file.text, true)).body).toMatchObject({ changes: [], notCompared: [] });
    const saved = await send(id, type, file.text);
    expect([saved.status, saved.body]).toEqual([200, { questions: [falling, floating], rubricVersion: 2 }]);
    const form = await request(gateway.app)
      .post(`/v1/assessments/${id}/questions/import`)
      .set('Authorization', authorization)
      .attach('file', Buffer.from(file.text), `key.${format}`);
    expect(form.body).toEqual({ questions: [falling, floating], rubricVersion: 3 });
    expect((await audited(id)).map(({ action }) => action)).toEqual(['questions.imported', 'questions.imported', 'questions.saved']);
  });

  it('names the row of each fault, and saves nothing', async () => {
    const { id } = await graded([]);
    const csv = 'number,maxScore,criterionId,description,points,match\n1,2,a,says it,2,weight\n2,3,b,says it,1,mass\n,,c,again,x,mass\n';
    const wrong = await send(id, 'text/csv', csv);
    expect([wrong.status, wrong.body.errors.map(({ path }: { path: string }) => path)]).toEqual([400, ['/rows/4/points']]);
    expect((await send(id, 'text/csv', csv.replace(',x,', ',1,'))).body.errors).toEqual([
      { path: '/rows/3/criteria', message: 'the criteria reach only 2 of 3 points' },
    ]);
    expect((await send(id, 'text/plain', csv)).status).toBe(415);
    expect((await send(id, 'application/json', '{"questions": 1}')).status).toBe(400);
    expect((await send(id, 'text/csv', csv.replace(',x,', ',2,')).set('If-Match', '"9"')).status).toBe(412);
    expect((await gateway.ports.database.assessments.find(id))?.rubricVersion).toBe(1);
  });
});
