import { storageKeys } from '@gradeflow/storage';
import { waitFor } from '@gradeflow/testing';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import request from 'supertest';
import { startTestGateway, type TestGateway } from '../../testing/start-test-gateway.ts';

let gateway: TestGateway;
let authorization: string;
beforeAll(async () => {
  gateway = await startTestGateway();
  authorization = await gateway.as(gateway.cast.teacher);
});
afterAll(() => gateway.close());

const create = (body: object) =>
  request(gateway.app).post(`/v1/assessments/${gateway.cast.assessment.id}/reports`).set('Authorization', authorization).send(body);
const get = (path: string) => request(gateway.app).get(path).set('Authorization', authorization);

it('a marksheet is queued, says how far it is, and gives its file when it is ready', async () => {
  const made = await create({ kind: 'marksheet', format: 'pdf' });
  expect([made.status, made.headers.location]).toEqual([202, made.body.statusUrl]);
  await waitFor(async () => (await gateway.ports.producer.reportState(made.body.id)) === 'pending');
  expect((await get(made.body.statusUrl)).body).toMatchObject({ status: 'QUEUED', kind: 'marksheet', format: 'pdf', reason: null });
  const early = await get(`${made.body.statusUrl}/file`);
  expect([early.status, early.body.code]).toEqual([409, 'REPORT_NOT_READY']);
  await gateway.ports.storage.putBytes(storageKeys.report(made.body.id, 'pdf'), Buffer.from('%PDF-1.7 marks'));
  await gateway.ports.database.reports.setStatus(made.body.id, 'READY', { progress: 100 });
  const file = await get(`${made.body.statusUrl}/file`).buffer(true);
  expect([file.headers['content-type'], file.body.toString()]).toEqual(['application/pdf', '%PDF-1.7 marks']);
});

it('what is not built yet is refused, and no row is made', async () => {
  const answer = await create({ kind: 'class', format: 'xlsx' });
  expect([answer.status, answer.body.code]).toEqual([422, 'REPORT_NOT_AVAILABLE']);
  expect((await create({ kind: 'marksheet', format: 'pdf', studentId: gateway.cast.otherStudent.id })).body.code).toBe('STUDENT_NOT_FOUND');
});
