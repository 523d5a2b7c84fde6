import { waitFor } from '@gradeflow/testing';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import request from 'supertest';
import { uuidv7 } from 'uuidv7';
import { password, startTestGateway, type TestGateway } from '../../testing/start-test-gateway.ts';

let gateway: TestGateway;
beforeAll(async () => {
  gateway = await startTestGateway();
});
afterAll(() => gateway.close());

const api = () => request(gateway.app);
const login = async (email: string, device = 'A browser') => {
  const answer = await api().post('/v1/auth/login').set('User-Agent', device).send({ email, password });
  return answer.body as { accessToken: string; refreshToken: string };
};
const as = (token: string) => ({ Authorization: `Bearer ${token}` });
const sessionsOf = (token: string) => api().get('/v1/auth/sessions').set(as(token));
const refresh = (refreshToken: string) => api().post('/v1/auth/refresh').send({ refreshToken });

describe('sessions', () => {
  it('are listed newest first, with device, address and times; the one that asks is marked', async () => {
    const { email } = gateway.cast.teacher;
    await login(email, 'Phone');
    const { accessToken } = await login(email, 'Laptop');
    const { body } = await sessionsOf(accessToken);
    expect(body.items.map((item: { device: string; current: boolean }) => [item.device, item.current])).toEqual([
      ['Laptop', true],
      ['Phone', false],
    ]);
    expect(body.items[0]).toMatchObject({ address: expect.stringContaining('127.0.0.1'), lastSeenAt: expect.stringMatching(/Z$/) });
    const first = await api().get('/v1/auth/sessions?limit=1').set(as(accessToken));
    const second = await api().get(`/v1/auth/sessions?limit=1&cursor=${first.body.nextCursor}`).set(as(accessToken));
    expect([second.body.items[0].device, second.body.nextCursor]).toEqual(['Phone', null]);
  });

  it('one of them is ended by its owner alone, at once, for its access and its refresh token', async () => {
    const { email } = gateway.cast.colleague;
    const [phone, laptop] = [await login(email), await login(email)];
    const [, { id }] = (await sessionsOf(laptop.accessToken)).body.items;
    const end = (token: string) => api().delete(`/v1/auth/sessions/${id}`).set(as(token));
    const stranger = await login(gateway.cast.admin.email);
    expect([(await end(stranger.accessToken)).status, (await sessionsOf(phone.accessToken)).status]).toEqual([404, 200]);
    expect((await end(laptop.accessToken)).status).toBe(204);
    expect((await sessionsOf(phone.accessToken)).status).toBe(401);
    expect((await refresh(phone.refreshToken)).status).toBe(401);
    expect((await sessionsOf(laptop.accessToken)).body.items).toHaveLength(1);
    expect((await end(laptop.accessToken)).body.code).toBe('SESSION_NOT_FOUND');
  });

  it('all of them end together', async () => {
    const { email } = gateway.cast.student;
    const all = await Promise.all(Array.from({ length: 4 }, () => login(email)));
    const other = await login(gateway.cast.otherStudent.email);
    expect(
      (
        await api()
          .post('/v1/auth/logout-all')
          .set(as(all[0]?.accessToken ?? ''))
      ).status,
    ).toBe(204);
    for (const { accessToken, refreshToken } of all)
      expect([(await sessionsOf(accessToken)).status, (await refresh(refreshToken)).status]).toEqual([401, 401]);
    expect((await sessionsOf(other.accessToken)).status).toBe(200);
  });

  it('last activity is written once a minute at most', async () => {
    const { accessToken } = await login(gateway.cast.admin.email);
    const { database } = gateway.ports;
    const seen = async () => (await database.sessions.listLive(gateway.cast.admin.id, { limit: 1 })).items[0]?.lastSeenAt.getTime();
    const before = await seen();
    for (let i = 0; i < 3; i += 1) await sessionsOf(accessToken);
    await gateway.services.background.drained();
    expect(await seen()).toBe(before);
  });
});

it('twenty uses of one refresh token at once never leave two live branches', async () => {
  const { refreshToken } = await login(gateway.cast.otherStudent.email);
  const answers = await Promise.all(Array.from({ length: 20 }, () => refresh(refreshToken)));
  const given = answers.filter(({ status }) => status === 200).map(({ body }) => body.refreshToken as string);
  expect(given.length).toBeLessThanOrEqual(1);
  const alive = await Promise.all([refreshToken, ...given].map(async (token) => (await refresh(token)).status === 200));
  expect(alive.filter(Boolean).length).toBeLessThanOrEqual(1);
});

describe('API keys', () => {
  const make = async (body: object = {}, token?: string) =>
    api()
      .post('/v1/api-keys')
      .set('Authorization', token ?? (await gateway.as(gateway.cast.teacher)))
      .send({ name: 'Import', ...body });

  it('acts as its maker, is shown once, and stops at once when it is removed', async () => {
    const { status, body } = await make();
    expect([status, body.key.startsWith('gf_')]).toEqual([201, true]);
    const mine = await api().get(`/v1/assessments/${gateway.cast.assessment.id}`).set(as(body.key));
    const colleagues = await api().get(`/v1/assessments/${gateway.cast.colleaguesAssessment.id}`).set(as(body.key));
    expect([mine.status, colleagues.status]).toEqual([200, 403]);
    const key = await waitFor(async () => {
      const { items } = (await api().get('/v1/api-keys').set(as(body.key))).body;
      return items.find((item: { id: string; lastUsedAt: string | null }) => item.id === body.id && item.lastUsedAt !== null);
    });
    expect(JSON.stringify(key)).not.toContain('gf_');
    const colleague = await gateway.as(gateway.cast.colleague);
    expect((await api().delete(`/v1/api-keys/${body.id}`).set('Authorization', colleague)).status).toBe(404);
    expect((await api().delete(`/v1/api-keys/${body.id}`).set(as(body.key))).status).toBe(204);
    expect((await sessionsOf(body.key)).status).toBe(401);
  });

  it('a replay carries the same id and leaves the key out', async () => {
    const token = await gateway.as(gateway.cast.teacher);
    const call = () => api().post('/v1/api-keys').set({ Authorization: token, 'Idempotency-Key': 'one-key' }).send({ name: 'Again' });
    const [first, again] = [await call(), await call()];
    expect(first.body.key).toMatch(/^gf_/);
    expect([again.status, again.body.id, again.body.key]).toEqual([201, first.body.id, undefined]);
    expect(again.headers['idempotency-replayed']).toBe('true');
  });

  it('is not for students, ends at its time, and is no session to log out of', async () => {
    expect((await make({}, await gateway.as(gateway.cast.student))).status).toBe(403);
    expect((await make({ expiresAt: '2020-01-01T00:00:00Z' })).status).toBe(400);
    const soon = (await make({ expiresAt: new Date(Date.now() + 1_500).toISOString() })).body.key;
    expect((await sessionsOf(soon)).status).toBe(200);
    expect(await waitFor(async () => (await sessionsOf(soon)).status === 401)).toBe(true);
    const { key } = (await make()).body;
    expect((await api().post('/v1/auth/logout').set(as(key))).status).toBe(403);
    for (const wrong of [`gf_${'a'.repeat(43)}`, 'gf_short', `gf_${uuidv7()}`]) expect((await sessionsOf(wrong)).status).toBe(401);
  });
});
