import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import request from 'supertest';
import { startTestGateway, type TestGateway } from '../testing/start-test-gateway.ts';

let gateway: TestGateway;
let authorization: string;
beforeAll(async () => {
  gateway = await startTestGateway();
  authorization = await gateway.as(gateway.cast.teacher);
});
afterAll(() => gateway.close());

const api = () => request(gateway.app);

describe('every error is a problem without a stack', () => {
  const send = (body: string, type = 'application/json') =>
    api().post('/v1/assessments').set('Authorization', authorization).set('Content-Type', type).send(body);
  const cases: Array<[string, number, string, () => request.Test]> = [
    ['an unknown address', 404, 'NOT_FOUND', () => api().get('/v1/nothing')],
    [
      'an address of later',
      404,
      'NOT_FOUND',
      () => api().get(`/v1/submissions/${gateway.cast.teacher.id}/events`).set('Authorization', authorization),
    ],
    ['a broken escape in the address', 400, 'BAD_REQUEST', () => api().get('/v1/assessments/%zz').set('Authorization', authorization)],
    ['another method', 405, 'METHOD_NOT_ALLOWED', () => api().put('/v1/assessments')],
    ['malformed JSON', 400, 'MALFORMED_JSON', () => send('{"title": ')],
    ['a body of another type', 415, 'UNSUPPORTED_MEDIA_TYPE', () => send('title=x', 'application/x-www-form-urlencoded')],
    ['too large a body', 413, 'PAYLOAD_TOO_LARGE', () => send(JSON.stringify({ title: 'x'.repeat(10_000_001) }))],
    ['wrong fields', 400, 'VALIDATION_FAILED', () => send('{"title": ""}')],
    ['a wrong query', 400, 'VALIDATION_FAILED', () => api().get('/v1/assessments?limit=1000').set('Authorization', authorization)],
  ];
  it.each(cases)('%s: %d %s', async (_what, status, code, call) => {
    const answer = await call();
    expect([answer.status, answer.body.code, answer.body.status]).toEqual([status, code, status]);
    expect(answer.headers['content-type']).toBe('application/problem+json; charset=utf-8');
    expect(answer.body.requestId).toBe(answer.headers['x-request-id']);
    expect(Object.keys(answer.body)).toEqual(expect.arrayContaining(['type', 'title', 'detail']));
    expect(answer.text).not.toMatch(/node_modules|\.ts:\d/);
  });

  it('a fault inside says nothing of itself', async () => {
    const { notifications } = gateway.ports.database;
    const list = notifications.list;
    notifications.list = () => Promise.reject(new Error('the secret of the inside'));
    const answer = await api().get('/v1/notifications').set('Authorization', authorization);
    notifications.list = list;
    expect([answer.status, answer.body.code]).toEqual([500, 'INTERNAL']);
    expect(answer.text).not.toContain('secret');
  });
});

describe('every answer', () => {
  it('carries a request id: the client’s when it is sane, else one of ours', async () => {
    for (const sane of ['my-request_1234', 'abc-123', 'req.1:2', 'x'.repeat(128)])
      expect((await api().get('/healthz').set('X-Request-Id', sane)).headers['x-request-id']).toBe(sane);
    for (const odd of ['a b', '<b>', 'x'.repeat(129)])
      expect((await api().get('/healthz').set('X-Request-Id', odd)).headers['x-request-id']).toMatch(/^[\w-]{36}$/);
  });

  it('is not sniffed, and does not say what serves it', async () => {
    for (const path of ['/healthz', '/v1/nothing', '/openapi.json', '/docs/']) {
      const { headers } = await api().get(path);
      expect(headers['x-content-type-options']).toBe('nosniff');
      expect(headers).not.toHaveProperty('x-powered-by');
    }
  });
});
