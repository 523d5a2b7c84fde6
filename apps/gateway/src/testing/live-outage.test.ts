import { waitFor } from '@gradeflow/testing';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import request from 'supertest';
import { uuidv7 } from 'uuidv7';
import { routes } from '../routes.ts';
import { type GatewayOnOwnRedis, startGatewayOnOwnRedis } from './own-redis.ts';
import { gradeSubmission, recordSubmission } from './record-submission.ts';
import type { TestGateway } from './start-test-gateway.ts';

let own: GatewayOnOwnRedis;
let gateway: TestGateway;
beforeAll(async () => {
  own = await startGatewayOnOwnRedis();
  gateway = own.gateway;
});
afterAll(() => own.close());

const needing = routes.filter(({ needsRedis }) => needsRedis).map(({ method, path }) => [method, path] as const);
const call = async (method: string, path: string, body?: object) => {
  const authorization = await gateway.as(gateway.cast.teacher);
  const began = performance.now();
  const asked = request(gateway.app)[method as 'get'](path).set('Authorization', authorization).set('Accept', 'application/json');
  const answer = await (body ? asked.send(body) : asked);
  return { answer, ms: performance.now() - began };
};
/** Where one has to be sent; codes and tokens that nobody was given are refused by whoever can look them up. */
const bodies: Record<string, object> = {
  'put /v1/tray': { submissionIds: [] },
  'post /v1/auth/verification/confirm': { email: 'nobody@example.org', code: '000000' },
  'post /v1/auth/password-reset/confirm': { token: `${uuidv7()}.${'a'.repeat(43)}`, password: 'a good password' },
};
const bodyOf = (method: string, path: string) => bodies[`${method} ${path}`];
const pathOf = (path: string) => (path === '/v1/presence' ? `${path}?userIds=${gateway.cast.student.id}` : path);

async function shareAndRoom(): Promise<{ code: string; pin: string }> {
  const { assessment, student } = gateway.cast;
  const submission = await recordSubmission(gateway, { studentId: student.id });
  await gradeSubmission(gateway, submission);
  const { code } = (await call('post', `/v1/submissions/${submission.id}/share`, {})).answer.body;
  const { pin } = (await call('post', '/v1/rooms', { assessmentId: assessment.id, minutes: 5 })).answer.body;
  const joined = await request(gateway.app)
    .post(`/v1/rooms/${pin}/join`)
    .set('Authorization', await gateway.as(student))
    .send({ displayName: 'Sam' });
  expect(joined.status).toBe(200);
  return { code, pin };
}

/** In this order: a paused process could not be stopped. */
const bring = {
  up: async () => {},
  paused: async () => void process.kill(own.redis.pid, 'SIGSTOP'),
  back: async () => void process.kill(own.redis.pid, 'SIGCONT'),
  gone: () => own.redis.stop(),
};

describe.each(['up', 'paused', 'back', 'gone'] as const)('with a Redis that is %s', (state) => {
  const isAway = state === 'paused' || state === 'gone';
  beforeAll(() => bring[state]());

  it.each(needing)(`%s %s answers ${isAway ? '503 within a second' : 'well'}`, async (method, path) => {
    if (!isAway) {
      // After a pause it is left alone for a moment.
      await waitFor(async () => (await call(method, pathOf(path), bodyOf(method, path))).answer.status < 500);
      return;
    }
    const { answer, ms } = await call(method, pathOf(path), bodyOf(method, path));
    expect([answer.status, answer.body.code]).toEqual([503, 'SERVICE_UNAVAILABLE']);
    expect(Number(answer.headers['retry-after'])).toBeGreaterThan(0);
    expect(ms).toBeLessThan(1_000);
  });

  it('rooms and share links are made and shown, whoever is online', async () => {
    const { code, pin } = await shareAndRoom();
    expect((await call('get', `/s/${code}`)).answer.body).toMatchObject({ score: 2 });
    const view = () => call('get', `/v1/rooms/${pin}`);
    if (!isAway) await waitFor(async () => (await view()).answer.body.participants[0].online);
    else expect((await view()).answer.body).toMatchObject({ pin, participants: [{ displayName: 'Sam', online: false, percent: 100 }] });
    expect((await call('get', `/v1/rooms/${pin}/leaderboard`)).answer.body.items).toMatchObject([
      { rank: 1, displayName: 'Sam', score: 2 },
    ]);
  });
});
