import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import request from 'supertest';
import { uuidv7 } from 'uuidv7';
import { defaultRateBudgets } from '../env.ts';
import { password, startTestGateway, type TestGateway } from '../testing/start-test-gateway.ts';
import { addressBlock } from './rate-limits.ts';

let gateway: TestGateway;
beforeAll(async () => {
  gateway = await startTestGateway({ settings: { rateBudgets: defaultRateBudgets }, trustProxy: 'loopback' });
});
afterAll(() => gateway.close());

/** All files of the run count in one Redis, so each test comes from a place of its own. */
let last = 0;
const newAddress = (): string => {
  last += 1;
  return `2001:db8:${process.pid.toString(16).slice(-4)}:${last}::1`;
};
const login = (from: string, email: string, secret = 'wrong') =>
  request(gateway.app).post('/v1/auth/login').set('X-Forwarded-For', from).send({ email, password: secret });

describe('signing in', () => {
  it('five wrong tries pass, the sixth is refused with Retry-After, and so is the right password then', async () => {
    const from = newAddress();
    const { email } = gateway.cast.teacher;
    for (let left = 4; left >= 0; left -= 1) {
      const answer = await login(from, email);
      expect([answer.status, answer.headers['ratelimit-limit'], answer.headers['ratelimit-remaining']]).toEqual([401, '5', String(left)]);
      expect(Number(answer.headers['ratelimit-reset'])).toBeGreaterThan(0);
    }
    const sixth = await login(from, email);
    expect([sixth.status, sixth.body.code, sixth.headers['ratelimit-remaining']]).toEqual([429, 'RATE_LIMITED', '0']);
    expect(Number(sixth.headers['retry-after'])).toBeGreaterThan(0);
    expect(Number(sixth.headers['retry-after'])).toBeLessThanOrEqual(60);
    expect((await login(newAddress(), email.toUpperCase(), password)).status).toBe(429);
  });

  it('a flood on one account leaves others behind the same address working', async () => {
    const from = newAddress();
    const flood = await Promise.all(Array.from({ length: 400 }, () => login(from, 'flooded@example.org')));
    expect(flood.filter(({ status }) => status === 429).length).toBe(395);
    expect((await login(from, gateway.cast.colleague.email, password)).status).toBe(200);
  });

  it('a right password makes the earlier mistakes forgotten', async () => {
    const from = newAddress();
    const { email } = gateway.cast.student;
    for (let round = 0; round < 3; round += 1) {
      for (let wrong = 0; wrong < 4; wrong += 1) expect((await login(from, email)).status).toBe(401);
      expect((await login(from, email, password)).status).toBe(200);
    }
  });

  it('the form for operators draws on the same budget', async () => {
    const from = newAddress();
    const { email } = gateway.cast.admin;
    const form = () =>
      request(gateway.app)
        .post('/admin/login')
        .set({ 'X-Forwarded-For': from, Host: 'x.org', Origin: 'http://x.org' })
        .type('form')
        .send({ email, password: 'wrong' });
    for (let i = 0; i < 5; i += 1) expect((await form()).status).toBe(401);
    expect((await form()).status).toBe(429);
    expect((await login(newAddress(), email)).status).toBe(429);
  });
});

it('300 uploads in a row are let through, and each says what is left', async () => {
  const token = await gateway.as(gateway.cast.teacher);
  // Without a file: the limit comes before what is sent.
  const send = () => request(gateway.app).post(`/v1/assessments/${gateway.cast.assessment.id}/submissions`).set('Authorization', token);
  const answers: request.Response[] = [];
  for (let i = 0; i < 300; i += 20) answers.push(...(await Promise.all(Array.from({ length: 20 }, send))));
  expect([...new Set(answers.map(({ body }) => body.code))]).toEqual(['FILE_MISSING']);
  const left = answers.map(({ headers }) => Number(headers['ratelimit-remaining']));
  expect([Math.max(...left), Math.min(...left)]).toEqual([2_999, 2_700]);
}, 60_000);

it('tokens that are tried are counted by address, also before anybody is known', async () => {
  const from = newAddress();
  const ask = () => request(gateway.app).get(`/v1/submissions/${uuidv7()}`).set({ 'X-Forwarded-For': from, Authorization: 'Bearer x.y.z' });
  const [first, second] = [await ask(), await ask()];
  expect([first.status, second.status]).toEqual([401, 401]);
  expect(Number(first.headers['ratelimit-remaining']) - Number(second.headers['ratelimit-remaining'])).toBe(1);
});

it('what machines ask all the time is not limited', async () => {
  expect((await request(gateway.app).get('/healthz')).headers['ratelimit-limit']).toBeUndefined();
});

it('an address of IPv6 stands for its /64, one of IPv4 for itself', () => {
  expect(addressBlock('2001:DB8:0:12::7')).toBe('2001:db8:0:12::/64');
  expect(addressBlock('2001:db8:0:12:ffff:1:2:3')).toBe('2001:db8:0:12::/64');
  expect(addressBlock('::1')).toBe('0:0:0:0::/64');
  expect(addressBlock('fe80::1%eth0')).toBe('fe80:0:0:0::/64');
  expect(addressBlock('::ffff:10.0.0.7')).toBe('10.0.0.7');
  expect(addressBlock(undefined)).toBe('unknown');
});
