import { neutralName } from '@gradeflow/contracts';
import type { Assessment, User } from '@gradeflow/database';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import request from 'supertest';
import { uuidv7 } from 'uuidv7';
import { gradeSubmission, machineResult, recordSubmission } from '../../testing/record-submission.ts';
import { makeAssessment, startTestGateway, type TestGateway } from '../../testing/start-test-gateway.ts';

let gateway: TestGateway;
beforeAll(async () => {
  gateway = await startTestGateway();
});
afterAll(() => gateway.close());

const call = async (who: User, method: 'get' | 'post' | 'patch', path: string, body?: object) =>
  request(gateway.app)
    [method](path)
    .set('Authorization', await gateway.as(who))
    .send(body);
type Fields = Partial<Pick<Assessment, 'release' | 'regradeUntil' | 'anonymous'>>;

/** A graded sheet of the student with two questions. */
async function gradedSheet(fields: Fields = {}) {
  const { teacher, student, courseId } = gateway.cast;
  const assessment = await makeAssessment(gateway.ports.database, teacher, { courseId, ...fields });
  const [first, second] = [uuidv7(), uuidv7()];
  await gateway.ports.database.assessments.saveQuestions(
    assessment.id,
    [first, second].map((id, at) => ({ ...plain, id, number: `${at + 1}`, maxScore: 3 })),
    teacher.id,
  );
  const submission = await recordSubmission(gateway, { studentId: student.id, assessmentId: assessment.id });
  const results = [first, second].map((questionId, at) => machineResult({ questionId, number: `${at + 1}` }));
  const gradingId = await gradeSubmission(gateway, submission, results);
  return { assessment, id: submission.id, first, second, results, gradingId };
}
const plain = { prompt: '', type: 'FREE_TEXT' as const, lang: 'en', modelAnswers: [], rubric: null, exemplars: [] };
const ask = (who: User, id: string, questionId: string, message = 'I wrote it on the back.') =>
  call(who, 'post', `/v1/submissions/${id}/regrade-requests`, { questionId, message });
const answer = (who: User, id: string, status: 'ACCEPTED' | 'REJECTED', reply = 'We will see.') =>
  call(who, 'patch', `/v1/regrade-requests/${id}`, { status, reply });
const listed = async (who: User, query = '') => (await call(who, 'get', `/v1/regrade-requests?limit=100${query}`)).body.items;
const noticesOf = async (who: User, subjectId: string) =>
  (await gateway.ports.database.notifications.list(who.id, { limit: 100 })).items
    .filter((notice) => notice.subjectId === subjectId)
    .map(({ event, text }) => [event, text]);

describe('a request', () => {
  it('is made by the student, told to the teachers, and answered once, which the student is told once', async () => {
    const { teacher, admin, student, colleague } = gateway.cast;
    const { assessment, id, first } = await gradedSheet();
    const made = await ask(student, id, first);
    expect([made.status, made.body]).toEqual([201, { id: expect.any(String), status: 'OPEN' }]);
    const requestId = made.body.id;
    const text = 'A student asks to look at question 1 of “sheet.pdf” in “An exam” again.';
    expect(await noticesOf(teacher, requestId)).toEqual([['regrade.requested', text]]);
    expect(await noticesOf(colleague, requestId)).toEqual([]);
    const view = {
      ...{ id: requestId, status: 'OPEN', submissionId: id, assessmentId: assessment.id, questionId: first, number: '1' },
      ...{ student: { id: student.id, name: student.name }, message: 'I wrote it on the back.', reply: null, answeredBy: null },
    };
    for (const who of [teacher, admin, student])
      expect(await listed(who, `&status=OPEN&assessmentId=${assessment.id}`)).toMatchObject([view]);
    const answers = await Promise.all([
      answer(teacher, requestId, 'REJECTED'),
      answer(admin, requestId, 'REJECTED'),
      answer(teacher, requestId, 'REJECTED'),
    ]);
    expect(answers.map(({ status }) => status).toSorted()).toEqual([200, 409, 409]);
    expect(answers.find(({ status }) => status === 409)?.body.code).toBe('REGRADE_ALREADY_ANSWERED');
    expect((await listed(student, `&status=REJECTED&assessmentId=${assessment.id}`))[0]).toMatchObject({
      status: 'REJECTED',
      reply: 'We will see.',
    });
    expect(await noticesOf(student, requestId)).toEqual([['regrade.answered', 'Your request about question 1 in “An exam” was rejected.']]);
    expect((await call(teacher, 'get', `/v1/submissions/${id}`)).body).toMatchObject({ status: 'GRADED', result: { score: 4 } });
    const { items } = await gateway.ports.database.audit.list({ institutionId: teacher.institutionId, subjectId: id, limit: 9 });
    expect(items.map(({ action, actor }) => [action, actor?.id === student.id])).toEqual([
      ['regrade.rejected', false],
      ['regrade.requested', true],
      ['grading.made', false],
    ]);
    expect(JSON.stringify(items)).not.toMatch(/wrote|see/);
  });

  it('that is accepted opens the question for review without changing the mark, until a person decides it', async () => {
    const { teacher, student } = gateway.cast;
    const { assessment, id, first, results, gradingId } = await gradedSheet();
    const requestId = (await ask(student, id, first)).body.id;
    expect((await answer(teacher, requestId, 'ACCEPTED')).status).toBe(200);
    const view = async () => (await call(teacher, 'get', `/v1/submissions/${id}`)).body;
    expect(await view()).toMatchObject({ status: 'NEEDS_REVIEW', waitingFor: { cause: 'REVIEW' }, result: { score: 4 } });
    const queue = async () => (await call(teacher, 'get', `/v1/reviews?assessmentId=${assessment.id}`)).body.items;
    const item = { questionId: first, reasons: ['REGRADE_REQUESTED'], request: { id: requestId, message: 'I wrote it on the back.' } };
    expect(await queue()).toMatchObject([item]);
    // Neither another grading of the machine nor another threshold closes it.
    const next = await gateway.ports.database.submissions.nextRun(id, { fromFailed: false, stages: ['grade'] });
    if (next) await gradeSubmission(gateway, next, results);
    await gateway.ports.database.reviews.rejudge(assessment.id, 0.1);
    expect(await queue()).toMatchObject([item]);
    const decided = await call(teacher, 'post', `/v1/submissions/${id}/questions/${first}/decision`, { points: 3 });
    expect([decided.status, decided.body.total.score]).toEqual([200, 5]);
    expect([await queue(), (await view()).status]).toEqual([[], 'GRADED']);
    expect((await gateway.ports.database.gradings.find(gradingId))?.questions).toEqual(results);
  });

  it('about a question is one at a time, and not without end', async () => {
    const { teacher, student } = gateway.cast;
    const { id, first, second } = await gradedSheet();
    const both = await Promise.all([ask(student, id, first), ask(student, id, first)]);
    expect(both.map(({ status }) => status).toSorted()).toEqual([201, 409]);
    expect(both.find(({ status }) => status === 409)?.body.code).toBe('REGRADE_ALREADY_REQUESTED');
    expect((await ask(student, id, second)).status).toBe(201);
    let open = both.find(({ status }) => status === 201)?.body.id;
    for (const _ of [2, 3, 4, 5]) {
      await answer(teacher, open, 'REJECTED');
      open = (await ask(student, id, first)).body.id;
    }
    await answer(teacher, open, 'REJECTED');
    expect((await ask(student, id, first)).body.code).toBe('REGRADE_LIMIT_REACHED');
  });

  it('under an Idempotency-Key is one however often it is sent', async () => {
    const { student } = gateway.cast;
    const { id, first } = await gradedSheet();
    const send = async () =>
      request(gateway.app)
        .post(`/v1/submissions/${id}/regrade-requests`)
        .set({ Authorization: await gateway.as(student), 'Idempotency-Key': 'regrade-1' })
        .send({ questionId: first, message: 'Please.' });
    const [made, again] = [await send(), await send()];
    expect([made.status, again.status, again.body, again.headers['idempotency-replayed']]).toEqual([201, 201, made.body, 'true']);
  });

  it('is refused before results are released, after the deadline, without a grade, about nothing, and when it is too long', async () => {
    const { student } = gateway.cast;
    const withheld = await gradedSheet({ release: 'MANUAL' });
    expect((await ask(student, withheld.id, withheld.first)).body).toMatchObject({ status: 409, code: 'NOT_RELEASED' });
    const late = await gradedSheet({ regradeUntil: new Date(Date.now() - 1_000) });
    expect((await ask(student, late.id, late.first)).body).toMatchObject({ status: 409, code: 'REGRADE_CLOSED' });
    const inTime = await gradedSheet({ regradeUntil: new Date(Date.now() + 60_000) });
    expect((await ask(student, inTime.id, inTime.first)).status).toBe(201);
    expect((await ask(student, inTime.id, uuidv7())).body).toMatchObject({ code: 'QUESTION_NOT_FOUND', errors: [{ path: '/questionId' }] });
    expect((await ask(student, inTime.id, inTime.second, 'x'.repeat(2_001))).body.errors).toMatchObject([{ path: '/message' }]);
    expect((await ask(student, inTime.id, inTime.second, ' ')).status).toBe(400);
    const fresh = await recordSubmission(gateway, { studentId: student.id });
    expect((await ask(student, fresh.id, uuidv7())).body).toMatchObject({ status: 409, code: 'NOT_GRADED_YET' });
  });

  it('is seen by nobody else, and answered by those who manage the assessment', async () => {
    const { teacher, student, otherStudent, colleague, stranger } = gateway.cast;
    const { assessment, id, first } = await gradedSheet();
    expect((await ask(otherStudent, id, first)).status).toBe(404);
    expect((await ask(teacher, id, first)).status).toBe(403);
    const requestId = (await ask(student, id, first)).body.id;
    const statuses: number[] = [];
    for (const who of [student, otherStudent, colleague, stranger]) statuses.push((await answer(who, requestId, 'REJECTED')).status);
    expect(statuses).toEqual([403, 403, 403, 404]);
    for (const who of [otherStudent, colleague, stranger]) expect(await listed(who)).toEqual([]);
    expect((await call(colleague, 'get', `/v1/regrade-requests?assessmentId=${assessment.id}`)).status).toBe(403);
    expect((await call(stranger, 'get', `/v1/regrade-requests?assessmentId=${assessment.id}`)).status).toBe(404);
  });

  it('names no student under anonymous marking', async () => {
    const { teacher, student } = gateway.cast;
    const { assessment, id, first } = await gradedSheet({ anonymous: true });
    const requestId = (await ask(student, id, first)).body.id;
    const [item] = await listed(teacher, `&assessmentId=${assessment.id}`);
    expect(item).toMatchObject({ student: null, label: neutralName(id) });
    expect((await noticesOf(teacher, requestId))[0]?.[1]).toContain(neutralName(id));
    expect((await listed(student, `&assessmentId=${assessment.id}`))[0]).toMatchObject({ student: { id: student.id } });
  });
});
