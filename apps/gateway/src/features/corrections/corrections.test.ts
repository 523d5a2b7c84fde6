import { PageReading, Question } from '@gradeflow/contracts';
import type { User } from '@gradeflow/database';
import { waitFor } from '@gradeflow/testing';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import request from 'supertest';
import { uuidv7 } from 'uuidv7';
import { gradeSubmission, machineResult, recordSubmission } from '../../testing/record-submission.ts';
import { startTestGateway, type TestGateway } from '../../testing/start-test-gateway.ts';

let gateway: TestGateway;
const question = Question.parse({ id: uuidv7(), number: '1', maxScore: 3 });
beforeAll(async () => {
  gateway = await startTestGateway();
  await gateway.ports.database.assessments.saveQuestions(gateway.cast.assessment.id, [question], gateway.cast.teacher.id);
});
afterAll(() => gateway.close());

const texts = ['the', 'anser', 'gos', 'on'];
const page = PageReading.parse({
  ...{ number: 1, width: 100, height: 50, text: texts.join(' '), confidence: 0.9, engine: 'text-layer', rotation: 0 },
  words: texts.map((text, index) => ({ text, confidence: 0.9, box: [10 * index, 0, 10, 10], line: 0 })),
});
const result = (answerText: string) => machineResult({ questionId: question.id, answerText });
async function sheet() {
  const submission = await recordSubmission(gateway);
  const gradingId = await gradeSubmission(gateway, submission, [result('the anser gos on')], [page]);
  return { id: submission.id, gradingId };
}
/** As worker-grading ends the run. */
async function regrade(id: string, answerText: string): Promise<string> {
  const submission = await gateway.ports.database.submissions.find(id);
  if (!submission) throw new Error('the submission is gone');
  return gradeSubmission(gateway, submission, [result(answerText)], [page]);
}

const pathOf = (id: string, questionId = question.id) => `/v1/submissions/${id}/questions/${questionId}/answer`;
const patch = async (who: User, id: string, body: object, questionId?: string) =>
  request(gateway.app)
    .patch(pathOf(id, questionId))
    .set('Authorization', await gateway.as(who))
    .send(body);
const reading = async (id: string) =>
  (
    await request(gateway.app)
      .get(pathOf(id))
      .set('Authorization', await gateway.as(gateway.cast.teacher))
  ).body;
const words = (index: number, text: string) => ({ words: [{ page: 1, index, text }] });

describe('a correction', () => {
  it('starts a run of its own, is written down, and shows both readings', async () => {
    const { teacher } = gateway.cast;
    const { id, gradingId } = await sheet();
    const answer = await patch(teacher, id, { ...words(1, 'answer'), basedOn: gradingId });
    expect([answer.status, answer.headers.location, answer.body.submission.status]).toEqual([202, `/v1/submissions/${id}`, 'PROCESSING']);
    await waitFor(async () => (await gateway.ports.producer.gradingStates([{ submissionId: id, run: 2 }]))[0] === 'pending');
    const made = { id: answer.body.correctionId, by: { id: teacher.id, name: teacher.name }, change: words(1, 'answer') };
    expect(await reading(id)).toMatchObject({
      ...{ gradingId, text: 'the anser gos on', machineText: 'the anser gos on' },
      corrections: [{ ...made, before: 'the anser gos on', after: null }],
    });
    const next = await regrade(id, 'the answer gos on');
    expect(await reading(id)).toMatchObject({
      ...{ gradingId: next, text: 'the answer gos on', machineText: 'the anser gos on' },
      corrections: [{ ...made, after: 'the answer gos on' }],
    });
    const { items } = await gateway.ports.database.audit.list({ institutionId: teacher.institutionId, subjectId: id, limit: 5 });
    expect(items.filter(({ action }) => action !== 'grading.made')).toMatchObject([
      { action: 'answer.corrected', actor: { id: teacher.id }, data: { questionId: question.id, kind: 'words' } },
    ]);
    expect(JSON.stringify(items)).not.toContain('answer gos');
  });

  it('names every place that is not on the sheet', async () => {
    const { id } = await sheet();
    const faults = async (body: object) => {
      const answer = await patch(gateway.cast.teacher, id, body);
      return [answer.status, answer.body.code, answer.body.errors?.map(({ path }: { path: string }) => path)];
    };
    const place = { page: 1, index: 0, text: 'x' };
    expect(await faults({ words: [place, { ...place, index: 4 }, { ...place, page: 2 }] })).toEqual([
      422,
      'WORD_NOT_FOUND',
      ['/words/1/index', '/words/2/page'],
    ]);
    const ranges = [
      { page: 1, from: 0, to: 2 },
      { page: 1, from: 1, to: 5 },
      { page: 1, from: 3, to: 3 },
    ];
    expect(await faults({ assign: ranges })).toEqual([
      422,
      'WORD_NOT_FOUND',
      ['/assign/1/to', '/assign/2/to', '/assign/1/from', '/assign/2/from'],
    ]);
    expect(await faults({ text: 'a', words: [place] })).toEqual([400, 'VALIDATION_FAILED', ['']]);
    expect(await faults({})).toEqual([400, 'VALIDATION_FAILED', ['']]);
    expect(await faults({ words: [{ ...place, index: -1 }] })).toEqual([400, 'VALIDATION_FAILED', ['/words/0/index']]);
    expect(await faults({ text: 'x'.repeat(20_001) })).toEqual([400, 'VALIDATION_FAILED', ['/text']]);
    expect((await patch(gateway.cast.teacher, id, { text: '' }, uuidv7())).body.code).toBe('QUESTION_NOT_FOUND');
    expect((await gateway.ports.database.submissions.find(id))?.run).toBe(1);
  });

  it('of two at once that saw the same one comes second, and is told what counts by then', async () => {
    const { teacher, admin } = gateway.cast;
    const { id, gradingId } = await sheet();
    const both = await Promise.all([teacher, admin].map((who, at) => patch(who, id, { ...words(at, 'word'), basedOn: gradingId })));
    expect(both.map(({ status }) => status).toSorted()).toEqual([202, 409]);
    expect(both.find(({ status }) => status === 409)?.body).toMatchObject({ code: 'ANSWER_CONFLICT', current: gradingId });
    const next = await regrade(id, 'word');
    expect((await patch(admin, id, { text: 'late', basedOn: gradingId })).body).toMatchObject({ code: 'ANSWER_CONFLICT', current: next });
    expect((await patch(admin, id, { text: 'in time', basedOn: next })).status).toBe(202);
  });

  it('of words is refused once a person has written the answer out, until words are assigned again', async () => {
    const { teacher } = gateway.cast;
    const { id } = await sheet();
    expect((await patch(teacher, id, { text: 'written out' })).status).toBe(202);
    expect((await patch(teacher, id, words(0, 'x'))).body.code).toBe('ANSWER_WRITTEN_OUT');
    expect((await patch(teacher, id, { assign: [{ page: 1, from: 0, to: 4 }] })).status).toBe(202);
    expect((await patch(teacher, id, words(0, 'x'))).status).toBe(202);
  });

  it('is for those who manage the assessment, and for sheets that are graded', async () => {
    const { id } = await sheet();
    const { student, colleague, stranger, admin } = gateway.cast;
    const statuses: number[] = [];
    for (const who of [student, colleague, stranger, admin]) statuses.push((await patch(who, id, { text: 'a' })).status);
    expect(statuses).toEqual([403, 403, 404, 202]);
    const { id: fresh } = await recordSubmission(gateway);
    expect((await patch(admin, fresh, { text: 'a' })).body.code).toBe('NOT_GRADED_YET');
    await gateway.ports.database.submissions.fail({ id }, { code: 'GAVE_UP', detail: 'It failed.' });
    expect((await patch(admin, id, { text: 'a' })).body.code).toBe('NOT_GRADED_YET');
  });
});
