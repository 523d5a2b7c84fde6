import { hash } from 'node:crypto';
import { createOneTimeSecrets } from '@gradeflow/redis';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import request from 'supertest';
import { uuidv7 } from 'uuidv7';
import { password, startTestGateway, type TestGateway } from '../../testing/start-test-gateway.ts';

let gateway: TestGateway;
beforeAll(async () => {
  gateway = await startTestGateway();
});
afterAll(() => gateway.close());

const post = (path: string, body: object, app = gateway.app) => request(app).post(`/v1/auth/${path}`).send(body);
const newEmail = () => `${uuidv7()}@example.org`;
const register = (email: string, more: object = {}) =>
  post('register', { email, password: 'a good password', name: 'Ada', institutionName: 'New School', ...more });
/** Payloads of the mails that were asked for. */
const mailsOf = async (userId: string, at = gateway) => {
  await at.services.background.drained();
  const queue = at.ports.boardQueues.queues.find(({ name }) => name === 'mail-secret');
  const jobs = (await queue?.getJobs()) ?? [];
  return jobs.map(({ data }) => data as { kind: string; userId: string }).filter((data) => data.userId === userId);
};
const codes = () => createOneTimeSecrets(gateway.ports.cacheRedis, 'verification');
const resets = () => createOneTimeSecrets(gateway.ports.cacheRedis, 'password-reset');

describe('registration', () => {
  it('makes an institution and its admin, signs in, and asks for a code', async () => {
    const email = newEmail();
    const { status, body } = await register(email.toUpperCase());
    expect([status, body.user.email, body.user.role, body.expiresIn]).toEqual([201, email, 'ADMIN', 900]);
    expect((await post('refresh', { refreshToken: body.refreshToken })).status).toBe(200);
    expect((await post('login', { email, password: 'a good password' })).status).toBe(200);
    expect(body.user.institutionId).not.toBe(gateway.cast.admin.institutionId);
    expect(await mailsOf(body.user.id)).toEqual([expect.objectContaining({ kind: 'verification' })]);
  });

  it('makes one account of an address, also when it is asked for at once, and leaves no institution behind', async () => {
    const email = newEmail();
    const answers = await Promise.all([register(email), register(email), register(email)]);
    expect(answers.map(({ status }) => status).toSorted()).toEqual([201, 409, 409]);
    expect(answers.find(({ status }) => status === 409)?.body.code).toBe('EMAIL_TAKEN');
  });

  it('names what is wrong, and gives cookies in the cookie mode', async () => {
    const wrong = await register('no address', { password: 'short', name: ' ' });
    expect([wrong.status, wrong.body.errors.map(({ path }: { path: string }) => path)]).toEqual([400, ['/email', '/password', '/name']]);
    const cookies = await register(newEmail(), { session: 'cookie' });
    expect([cookies.body.refreshToken, String(cookies.headers['set-cookie'])]).toEqual([undefined, expect.stringContaining('gf_refresh=')]);
  });
});

describe('a mail', () => {
  it('is asked for in the same answer whether the address is known or not', async () => {
    const { colleague } = gateway.cast;
    for (const path of ['verification', 'password-reset']) {
      const answers = [await post(path, { email: ` ${colleague.email.toUpperCase()}` }), await post(path, { email: newEmail() })];
      for (const { status, text, headers } of answers) expect([status, text, headers['ratelimit-limit']]).toEqual([202, '', undefined]);
    }
    expect((await mailsOf(colleague.id)).map(({ kind }) => kind).toSorted()).toEqual(['password-reset', 'verification']);
  });

  it('is sent no more beyond the limit, which nobody is told', async () => {
    const limited = await startTestGateway({
      settings: { rateBudgets: { ...gateway.settings.rateBudgets, 'mail-account': { points: 2, seconds: 60 } } },
    });
    try {
      const { teacher } = limited.cast;
      for (let i = 0; i < 5; i += 1) expect((await post('password-reset', { email: teacher.email }, limited.app)).status).toBe(202);
      expect(await mailsOf(teacher.id, limited)).toHaveLength(2);
    } finally {
      await limited.close();
    }
  });

  it('changes nothing about the answer when the queue is away', async () => {
    const alone = await startTestGateway({ redisUrl: 'redis://127.0.0.1:1' });
    try {
      expect((await post('password-reset', { email: alone.cast.teacher.email }, alone.app)).status).toBe(202);
      const confirm = await post('verification/confirm', { email: alone.cast.teacher.email, code: '123456' }, alone.app);
      expect([confirm.status, confirm.body.code]).toEqual([503, 'SERVICE_UNAVAILABLE']);
    } finally {
      await alone.close();
    }
  });
});

describe('the code', () => {
  const confirm = (email: string, code: string) => post('verification/confirm', { email, code });
  const verified = async (id: string) => (await gateway.ports.database.people.find(id))?.emailVerified;

  it('proves the address once', async () => {
    const { student } = gateway.cast;
    await codes().put(student.id, '123456');
    expect((await confirm(student.email, ' 123456 ')).status).toBe(204);
    expect(await verified(student.id)).toBe(true);
    expect((await confirm(student.email, '123456')).body.code).toBe('CODE_INVALID');
  });

  it('is worthless after five wrong tries at once; unknown addresses are answered alike', async () => {
    const { teacher } = gateway.cast;
    await codes().put(teacher.id, '123456');
    const wrong = await Promise.all(['0', '1', '2', '3', '4'].map((code) => confirm(teacher.email, code)));
    const right = await confirm(teacher.email, '123456');
    const unknown = await confirm(newEmail(), '123456');
    for (const { status, body } of [...wrong, right, unknown])
      expect([status, body.code, body.detail]).toEqual([400, 'CODE_INVALID', unknown.body.detail]);
    expect(await verified(teacher.id)).toBe(false);
  });
});

describe('a new password', () => {
  it('comes by a token that is good once, proves the address, and ends all sessions', async () => {
    const { otherStudent } = gateway.cast;
    const before = await post('login', { email: otherStudent.email, password });
    await resets().put(otherStudent.id, 'a'.repeat(43));
    const confirm = () => post('password-reset/confirm', { token: `${otherStudent.id}.${'a'.repeat(43)}`, password: 'another good one' });
    const answers = await Promise.all([confirm(), confirm()]);
    expect(answers.map(({ status }) => status).toSorted()).toEqual([204, 400]);
    const old = await request(gateway.app).get('/v1/auth/sessions').set('Authorization', `Bearer ${before.body.accessToken}`);
    expect([old.status, (await post('refresh', { refreshToken: before.body.refreshToken })).status]).toEqual([401, 401]);
    expect((await post('login', { email: otherStudent.email, password })).status).toBe(401);
    expect((await post('login', { email: otherStudent.email, password: 'another good one' })).status).toBe(200);
    expect((await gateway.ports.database.people.find(otherStudent.id))?.emailVerified).toBe(true);
  });

  it('is not given for a wrong token', async () => {
    for (const token of ['nonsense', `${uuidv7()}.${'a'.repeat(43)}`]) {
      const { status, body } = await post('password-reset/confirm', { token, password: 'another good one' });
      expect([status, body.code]).toEqual([400, 'RESET_TOKEN_INVALID']);
    }
  });
});

describe('an invitation', () => {
  const invite = async (more: { expiresAt?: Date } = {}) => {
    const { database } = gateway.ports;
    const [id, email, token] = [uuidv7(), newEmail(), uuidv7()];
    await database.users.insert({
      id,
      institutionId: gateway.cast.admin.institutionId,
      email,
      name: 'Guest',
      role: 'TEACHER',
      passwordHash: null,
    });
    const expiresAt = more.expiresAt ?? new Date(Date.now() + 60_000);
    await database.people.invite({ id: uuidv7(), userId: id, tokenHash: hash('sha256', token), expiresAt });
    return { id, email, token };
  };
  const accept = (token: string, more: object = {}) => post('accept-invite', { token, password: 'a good password', ...more });

  it('lets in once, as whom it was for, and then the password does', async () => {
    const { id, email, token } = await invite();
    const answers = await Promise.all([accept(token, { name: 'Grace' }), accept(token, { name: 'Grace' })]);
    expect(answers.map(({ status }) => status).toSorted()).toEqual([200, 400]);
    const accepted = answers.find(({ status }) => status === 200)?.body;
    expect(accepted).toMatchObject({ user: { id, name: 'Grace', role: 'TEACHER' }, expiresIn: 900 });
    expect((await post('login', { email, password: 'a good password' })).status).toBe(200);
  });

  it('is over at its time', async () => {
    const { token } = await invite({ expiresAt: new Date(Date.now() - 1) });
    for (const wrong of [token, 'nonsense']) {
      const { status, body } = await accept(wrong);
      expect([status, body.code]).toEqual([400, 'INVITE_INVALID']);
    }
  });
});

it('where registration is closed nobody registers', async () => {
  const closed = await startTestGateway({ settings: { registrationOpen: false } });
  try {
    const body = { email: newEmail(), password: 'a good password', name: 'Ada', institutionName: 'New School' };
    const answer = await post('register', body, closed.app);
    expect([answer.status, answer.body.code]).toEqual([403, 'REGISTRATION_CLOSED']);
  } finally {
    await closed.close();
  }
});
