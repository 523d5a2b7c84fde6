import { afterAll, beforeAll, expect, it } from '@jest/globals';
import request from 'supertest';
import { startTestGateway, type TestGateway } from '../../testing/start-test-gateway.ts';

let gateway: TestGateway;
beforeAll(async () => {
  gateway = await startTestGateway();
});
afterAll(() => gateway.close());

const get = async () =>
  request(gateway.app)
    .get('/v1/users/me')
    .set('Authorization', await gateway.as(gateway.cast.student));
const patch = async (body: object) =>
  request(gateway.app)
    .patch('/v1/users/me')
    .set('Authorization', await gateway.as(gateway.cast.student))
    .send(body);

it('shows and changes oneself; the next read shows the change', async () => {
  const { student } = gateway.cast;
  const before = await get();
  expect(before.body).toEqual({
    ...{ id: student.id, email: student.email, name: 'student', role: 'STUDENT', emailVerified: false },
    ...{ institution: { id: student.institutionId, name: 'The first' }, locale: null, timeZone: null, preferences: {} },
  });
  const patched = await patch({ name: 'Zoë', locale: 'de-CH', timeZone: 'Europe/Zurich', preferences: { theme: 'dark' } });
  expect(patched.status).toBe(200);
  const after = await get();
  expect(after.body).toEqual({ ...before.body, name: 'Zoë', locale: 'de-CH', timeZone: 'Europe/Zurich', preferences: { theme: 'dark' } });
  expect(after.headers.etag).not.toBe(before.headers.etag);
});

it.each([
  [{ locale: 'not a locale' }, '/locale'],
  [{ timeZone: 'Mars/Olympus' }, '/timeZone'],
  [{ name: ' ' }, '/name'],
  [{ preferences: { a: 'x'.repeat(4_100) } }, '/preferences'],
  [{ role: 'ADMIN' }, ''],
])('refuses %j', async (body, path) => {
  const answer = await patch(body);
  expect([answer.status, answer.body.errors[0].path]).toEqual([400, path]);
});
