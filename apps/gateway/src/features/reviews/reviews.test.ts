import type { User } from '@gradeflow/database';
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

const questionIds = [uuidv7(), uuidv7()];
/** A sheet of the teacher's course with two questions, both in review. */
async function sheetInReview(assessmentId?: string): Promise<string> {
  const submission = await recordSubmission(gateway, assessmentId === undefined ? {} : { assessmentId });
  const unsure = { confidence: 0.5, needsReview: true };
  await gradeSubmission(gateway, submission, [
    machineResult({ ...unsure, questionId: questionIds[0] as string, reviewReasons: ['LOW_CONFIDENCE'] }),
    machineResult({ ...unsure, questionId: questionIds[1] as string, number: '2', reviewReasons: ['OFF_TOPIC', 'LOW_CONFIDENCE'] }),
  ]);
  return submission.id;
}
const call = async (who: User, method: 'get' | 'post' | 'delete', path: string, body?: object) => {
  const asked = request(gateway.app)
    [method](`/v1/reviews${path}`)
    .set('Authorization', await gateway.as(who));
  return body === undefined ? asked : asked.send(body);
};
const ownAssessment = async () => (await makeAssessment(gateway.ports.database, gateway.cast.teacher, {})).id;

describe('the review queue', () => {
  it('lists what one manages, with reasons and holder', async () => {
    const { teacher, admin, colleague, student, stranger } = gateway.cast;
    const submissionId = await sheetInReview();
    const claimed = await call(admin, 'post', '/claim', { questionId: questionIds[1] });
    expect(claimed.body).toMatchObject({ submissionId, questionId: questionIds[1], number: '2' });
    const { body } = await call(teacher, 'get', '');
    expect(body).toMatchObject({ total: 2, nextCursor: null });
    expect(body.items).toMatchObject([
      { submissionId, questionId: questionIds[0], reasons: ['LOW_CONFIDENCE'], score: 2, maxScore: 3, confidence: 0.5, claimedBy: null },
      { submissionId, questionId: questionIds[1], reasons: ['OFF_TOPIC', 'LOW_CONFIDENCE'], claimedBy: { id: admin.id, name: 'admin' } },
    ]);
    const filtered = await call(teacher, 'get', '?reason=OFF_TOPIC&limit=1');
    expect([filtered.body.total, filtered.body.items.length]).toEqual([1, 1]);
    for (const who of [colleague, stranger]) expect((await call(who, 'get', '')).body.items).toEqual([]);
    const of = `?assessmentId=${gateway.cast.assessment.id}`;
    expect((await Promise.all([student, colleague, stranger].map((who) => call(who, 'get', of)))).map(({ status }) => status)).toEqual([
      403, 403, 404,
    ]);
    await call(admin, 'delete', `/claims/${claimed.body.id}`);
  });

  it('gives the next free ones to one person alone, until they are given back or decided; then 204', async () => {
    const { teacher, admin, colleague, stranger } = gateway.cast;
    const assessmentId = await ownAssessment();
    const submissionId = await sheetInReview(assessmentId);
    const claim = (who: User, more: object = {}) => call(who, 'post', '/claim', { assessmentId, ...more });
    const first = await claim(teacher);
    expect(first.status).toBe(200);
    expect(first.body).toMatchObject({ submissionId, questionId: questionIds[0], claimedBy: { id: teacher.id } });
    expect(first.body.items).toMatchObject([{ id: first.body.id }]);
    const heldMs = Date.parse(first.body.claimExpiresAt) - Date.now();
    expect(heldMs).toBeGreaterThan(4.5 * 60_000);
    expect(heldMs).toBeLessThan(5.5 * 60_000);
    const second = await claim(admin, { count: 3 });
    expect(second.body.items.map((item: { questionId: string }) => item.questionId)).toEqual([questionIds[1]]);
    const none = await claim(teacher);
    expect([none.status, none.text]).toEqual([204, '']);
    expect((await claim(colleague)).status).toBe(403);
    expect((await claim(stranger)).status).toBe(404);
    expect((await call(stranger, 'post', '/claim')).status).toBe(204);
    expect((await claim(teacher, { count: 4 })).body.errors).toMatchObject([{ path: '/count' }]);

    const claimPath = `/claims/${first.body.id}`;
    expect((await call(admin, 'post', `${claimPath}/renew`)).body.code).toBe('CLAIM_NOT_FOUND');
    expect((await call(admin, 'delete', claimPath)).status).toBe(404);
    expect(Date.parse((await call(teacher, 'post', `${claimPath}/renew`)).body.claimExpiresAt)).toBeGreaterThan(Date.now());
    expect((await call(teacher, 'delete', claimPath)).status).toBe(204);
    expect((await claim(admin)).body.questionId).toBe(questionIds[0]);
  });

  it('takes in what a raised threshold doubts, and lets it go when it is lowered', async () => {
    const { teacher } = gateway.cast;
    const assessmentId = await ownAssessment();
    const submission = await recordSubmission(gateway, { assessmentId });
    const gradingId = await gradeSubmission(gateway, submission, [machineResult({ questionId: questionIds[0] as string })]);
    const authorization = await gateway.as(teacher);
    const patch = (reviewBelow: number) =>
      request(gateway.app).patch(`/v1/assessments/${assessmentId}`).set('Authorization', authorization).send({ reviewBelow });
    const open = async () => (await call(teacher, 'get', `?assessmentId=${assessmentId}`)).body.items;
    expect((await patch(0.95)).body.reviewBelow).toBe(0.95);
    expect(await open()).toMatchObject([{ submissionId: submission.id, reasons: ['LOW_CONFIDENCE'], confidence: 0.9 }]);
    const path = `/v1/submissions/${submission.id}/questions/${questionIds[0]}/decision/revert`;
    const back = await request(gateway.app).post(path).set('Authorization', authorization).send({ to: gradingId });
    expect(back.body.question).toMatchObject({ needsReview: true, reviewReasons: ['LOW_CONFIDENCE'] });
    await patch(0.5);
    expect(await open()).toEqual([]);
  });
});
