import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import request from 'supertest';
import { createAccessTokens } from '../../auth/access-token.ts';
import { recordSubmission } from '../../testing/record-submission.ts';
import { password, startTestGateway, type TestGateway } from '../../testing/start-test-gateway.ts';

let gateway: TestGateway;
beforeAll(async () => {
  gateway = await startTestGateway();
});
afterAll(() => gateway.close());

const api = () => request(gateway.app);
const login = (more: object = {}) =>
  api()
    .post('/v1/auth/login')
    .send({ email: gateway.cast.teacher.email, password, ...more });
const cookiesOf = (answer: request.Response) => (answer.headers['set-cookie'] as unknown as string[] | undefined) ?? [];
const cookieOf = (answer: request.Response, name: string) => cookiesOf(answer).find((cookie) => cookie.startsWith(`${name}=`)) ?? '';
const list = (token: string) => api().get('/v1/assessments').set('Authorization', `Bearer ${token}`);

describe('login', () => {
  it('gives a pair of tokens and the user, without the password', async () => {
    const answer = await login({ email: ` ${gateway.cast.teacher.email.toUpperCase()}` });
    expect(answer.status).toBe(200);
    expect(answer.body).toMatchObject({ user: { id: gateway.cast.teacher.id, role: 'TEACHER' }, expiresIn: 900 });
    expect(JSON.stringify(answer.body)).not.toContain('argon2');
    expect(cookiesOf(answer)).toEqual([]);
    expect((await list(answer.body.accessToken)).status).toBe(200);
  });

  it('says the same of an unknown address and a wrong password, and hashes for both', async () => {
    const unknown = await login({ email: 'nobody@example.org' });
    const wrong = await login({ password: 'wrong' });
    for (const answer of [unknown, wrong]) expect([answer.status, answer.body.code]).toEqual([401, 'INVALID_CREDENTIALS']);
    expect(unknown.body.detail).toBe(wrong.body.detail);
    const shortest = { unknown: Number.POSITIVE_INFINITY, wrong: Number.POSITIVE_INFINITY };
    for (let i = 0; i < 5; i += 1)
      for (const [name, more] of [['unknown', { email: 'nobody@example.org' }] as const, ['wrong', { password: 'wrong' }] as const]) {
        const started = performance.now();
        await login(more);
        shortest[name] = Math.min(shortest[name], performance.now() - started);
      }
    // Without a hash for unknown addresses it would be a tenth.
    expect(shortest.unknown).toBeGreaterThan(shortest.wrong / 3);
  });

  it('under a flood answers 503 with Retry-After to what does not fit, and serves the rest', async () => {
    const answers = await Promise.all(Array.from({ length: 60 }, () => login({ password: 'wrong' })));
    const busy = answers.filter((answer) => answer.status === 503);
    expect(busy.length).toBeGreaterThan(0);
    expect(busy[0]?.body.code).toBe('LOGIN_BUSY');
    expect(busy[0]?.headers['retry-after']).toBe('2');
    expect(answers.filter((answer) => answer.status === 401).length).toBe(60 - busy.length);
  });
});

describe('refresh', () => {
  const refresh = (refreshToken: string) => api().post('/v1/auth/refresh').send({ refreshToken });

  it('rotates; an old token again ends the whole family', async () => {
    const first = (await login()).body.refreshToken;
    const second = await refresh(first);
    expect(second.status).toBe(200);
    expect(second.body.refreshToken).not.toBe(first);
    const again = await refresh(first);
    expect([again.status, again.body.code]).toEqual([401, 'REFRESH_TOKEN_REUSED']);
    expect((await refresh(second.body.refreshToken)).status).toBe(401);
    expect((await list(second.body.accessToken)).status).toBe(401);
  });

  it('does not know what was never given out', async () => {
    const answer = await refresh('nonsense');
    expect([answer.status, answer.body.code]).toEqual([401, 'REFRESH_TOKEN_INVALID']);
    expect((await api().post('/v1/auth/refresh')).status).toBe(401);
  });
});

describe('logout', () => {
  it('ends the access token at once and the refresh token for good', async () => {
    const { accessToken, refreshToken } = (await login()).body;
    expect((await api().post('/v1/auth/logout').set('Authorization', `Bearer ${accessToken}`)).status).toBe(204);
    expect((await list(accessToken)).status).toBe(401);
    expect((await api().post('/v1/auth/refresh').send({ refreshToken })).status).toBe(401);
  });

  it('reaches another gateway through the cache Redis', async () => {
    const { accessToken } = (await login()).body;
    const session = await createAccessTokens({ secret: 'a secret of the tests alone, long enough' }).verify(accessToken, 'access');
    await gateway.ports.cacheRedis.set(`gf:revoked:${session.sessionId}`, '1', 'EX', 60);
    expect((await list(accessToken)).status).toBe(401);
  });

  it('wants a session to end', async () => {
    expect((await api().post('/v1/auth/logout')).status).toBe(401);
  });
});

describe('the cookie mode', () => {
  it('keeps the refresh token in its cookie, and both cookies from scripts', async () => {
    const answer = await login({ session: 'cookie' });
    expect(answer.body.refreshToken).toBeUndefined();
    const refreshCookie = cookieOf(answer, 'gf_refresh');
    const readCookie = cookieOf(answer, 'gf_read');
    for (const cookie of [refreshCookie, readCookie]) expect(cookie).toMatch(/HttpOnly; SameSite=Strict/);
    expect(refreshCookie).toContain('Path=/v1/auth;');
    expect(readCookie).toContain('Max-Age=900');
  });

  it('refreshes by the cookie from our own origin alone, also for a second tab a moment later', async () => {
    const signedIn = await login({ session: 'cookie' });
    const cookie = cookieOf(signedIn, 'gf_refresh').split(';')[0] ?? '';
    const refresh = () => api().post('/v1/auth/refresh').set('Cookie', cookie).set('Host', 'marks.example.org');
    for (const call of [refresh(), refresh().set('Origin', 'https://evil.example.org')]) {
      const refused = await call;
      expect([refused.status, refused.body.code]).toEqual([403, 'ORIGIN_NOT_ALLOWED']);
    }
    const own = await refresh().set('Origin', 'http://marks.example.org');
    expect([own.status, cookieOf(own, 'gf_refresh').length > 60]).toEqual([200, true]);
    const secondTab = await refresh().set('Origin', 'http://marks.example.org');
    expect([secondTab.status, cookieOf(secondTab, 'gf_refresh')]).toEqual([200, '']);
  });

  it('logs out by the cookie and takes both cookies away', async () => {
    const signedIn = await login({ session: 'cookie' });
    const cookie = cookieOf(signedIn, 'gf_refresh').split(';')[0] ?? '';
    const out = await api().post('/v1/auth/logout').set('Cookie', cookie).set('Host', 'x.org').set('Origin', 'http://x.org');
    expect(out.status).toBe(204);
    expect(cookieOf(out, 'gf_refresh')).toContain('Expires=Thu, 01 Jan 1970');
    expect((await list(signedIn.body.accessToken)).status).toBe(401);
  });

  it('the read cookie opens files for GET, and nothing else', async () => {
    const submission = await recordSubmission(gateway);
    const cookie = cookieOf(await login({ session: 'cookie' }), 'gf_read').split(';')[0] ?? '';
    expect((await api().get(`/v1/submissions/${submission.id}/file`).set('Cookie', cookie)).status).toBe(200);
    expect((await api().get(`/v1/submissions/${submission.id}`).set('Cookie', cookie)).status).toBe(401);
    expect((await api().delete(`/v1/submissions/${submission.id}`).set('Cookie', cookie)).status).toBe(401);
    const asBearer = await list(cookie.slice('gf_read='.length));
    expect(asBearer.status).toBe(401);
  });
});

it('tokens of another secret, another algorithm or another audience are refused', async () => {
  const { teacher } = gateway.cast;
  const actor = { userId: teacher.id, institutionId: teacher.institutionId, role: teacher.role };
  const foreign = await createAccessTokens({ secret: 'another secret that is long enough too' }).sign('access', actor, teacher.id);
  const [, payload = ''] = (await gateway.as(teacher)).split('.');
  const none = `${Buffer.from('{"alg":"none"}').toString('base64url')}.${payload}.`;
  for (const token of [foreign, none]) expect((await list(token)).status).toBe(401);
});
