import { waitFor } from '@gradeflow/testing';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import request from 'supertest';
import { recordSubmission } from '../../testing/record-submission.ts';
import { makeAssessment, startTestGateway, type TestGateway } from '../../testing/start-test-gateway.ts';

let gateway: TestGateway;
let authorization: string;
beforeAll(async () => {
  gateway = await startTestGateway();
  authorization = await gateway.as(gateway.cast.teacher);
});
afterAll(() => gateway.close());

const question = (number: string, more: object = {}) => ({ number, maxScore: 2, prompt: `Question ${number}`, ...more });
const put = (id: string, questions: object[]) =>
  request(gateway.app).put(`/v1/assessments/${id}/questions`).set('Authorization', authorization).send({ questions });

describe('assessments', () => {
  it('are made with questions, changed, listed and deleted', async () => {
    const api = request(gateway.app);
    const made = await api
      .post('/v1/assessments')
      .set('Authorization', authorization)
      .send({ title: 'Physics', courseId: gateway.cast.courseId, questions: [question('1'), question('2')] });
    expect(made.status).toBe(201);
    const location = `/v1/assessments/${made.body.id}`;
    expect(made.headers.location).toBe(location);
    expect(made.body).toMatchObject({ rubricVersion: 1, maxScore: 4, release: 'IMMEDIATE', reviewBelow: 0.8 });
    const changed = await api.patch(location).set('Authorization', authorization).send({ title: 'Physics II', release: 'MANUAL' });
    expect(changed.body).toMatchObject({ title: 'Physics II', release: 'MANUAL', courseId: gateway.cast.courseId });
    const titles = async () =>
      (await api.get('/v1/assessments').set('Authorization', authorization)).body.items.map((item: { title: string }) => item.title);
    expect(await titles()).toContain('Physics II');
    expect((await api.delete(location).set('Authorization', authorization)).status).toBe(204);
    expect(await titles()).not.toContain('Physics II');
    expect((await api.get(location).set('Authorization', authorization)).status).toBe(404);
  });

  it('are refused in a course that is not taught, and in one that is not there', async () => {
    const make = (courseId: string | null) =>
      request(gateway.app).post('/v1/assessments').set('Authorization', authorization).send({ title: 'x', courseId });
    expect((await make(gateway.cast.colleaguesAssessment.courseId)).status).toBe(403);
    expect((await make(gateway.cast.teacher.id)).status).toBe(404);
    const typo = await request(gateway.app)
      .patch(`/v1/assessments/${gateway.cast.assessment.id}`)
      .set('Authorization', authorization)
      .send({ titel: 'x', reviewBelow: 2 });
    expect([typo.status, typo.body.code]).toEqual([400, 'VALIDATION_FAILED']);
    expect(typo.body.errors).toContainEqual(expect.objectContaining({ path: '/reviewBelow' }));
  });
});

describe('questions', () => {
  it('keep their ids over versions: by id, else by number, else new', async () => {
    const { id } = await makeAssessment(gateway.ports.database, gateway.cast.teacher, {});
    const first = await put(id, [question('1'), question('2')]);
    expect([first.status, first.headers.etag, first.body.rubricVersion]).toEqual([200, '"1"', 1]);
    const [one, two] = first.body.questions;
    const second = await put(id, [question('3'), question('2'), question('1(a)', { id: one.id })]);
    const [three, sameTwo, renamed] = second.body.questions;
    expect([sameTwo.id, renamed.id]).toEqual([two.id, one.id]);
    expect([one.id, two.id]).not.toContain(three.id);
    const read = await request(gateway.app).get(`/v1/assessments/${id}/questions`).set('Authorization', authorization);
    expect(read.body).toEqual(second.body);
    expect(read.headers.etag).toBe('"2"');
  });

  it('are not saved over somebody else’s: If-Match, 412', async () => {
    const { id } = await makeAssessment(gateway.ports.database, gateway.cast.teacher, {});
    await put(id, [question('1')]);
    const stale = await put(id, [question('9')]).set('If-Match', '"0"');
    expect([stale.status, stale.body.code]).toEqual([412, 'PRECONDITION_FAILED']);
    expect((await put(id, [question('9')]).set('If-Match', '"1"')).body.rubricVersion).toBe(2);
    expect((await put(id, [question('9')]).set('If-Match', 'W/"2"')).status).toBe(412);
  });

  it('whose criteria do not reach the score are refused at the place', async () => {
    const { id } = await makeAssessment(gateway.ports.database, gateway.cast.teacher, {});
    const criterion = { id: 'c1', description: 'x', points: 1, match: { type: 'manual' } };
    const answer = await put(id, [question('1', { rubric: { criteria: [criterion] } })]);
    expect(answer.status).toBe(400);
    expect(answer.body.errors).toEqual([{ path: '/questions/0/rubric/criteria', message: 'the criteria reach only 1 of 2 points' }]);
  });

  it('send submissions that waited for them to grading', async () => {
    const { id } = await makeAssessment(gateway.ports.database, gateway.cast.teacher, {});
    const submission = await recordSubmission(gateway, { assessmentId: id });
    const { submissions, gradings } = gateway.ports.database;
    const fence = (await submissions.takeFence(submission.id)) ?? 0;
    await gradings.saveMachineGrading({
      submissionId: submission.id,
      run: 1,
      fence,
      pages: [],
      status: 'NEEDS_REVIEW',
      waitingCause: 'NO_QUESTIONS',
      grading: null,
    });
    const view = () => request(gateway.app).get(`/v1/submissions/${submission.id}`).set('Authorization', authorization);
    expect((await view()).body).toMatchObject({
      status: 'NEEDS_REVIEW',
      progress: { percent: 100 },
      waitingFor: { cause: 'NO_QUESTIONS' },
    });
    await put(id, [question('1')]);
    const states = () => gateway.ports.producer.gradingStates([{ submissionId: submission.id, run: 2 }]);
    await waitFor(async () => (await states())[0] === 'pending');
  });
});
