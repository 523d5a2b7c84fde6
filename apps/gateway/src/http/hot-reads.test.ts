import { randomUUID } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import { waitFor } from '@gradeflow/testing';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import supertest from 'supertest';
import { routes } from '../routes.ts';
import { startTestGateway, type TestGateway } from '../testing/start-test-gateway.ts';
import { withHotReads } from './hot-reads.ts';

const points = 700;
let gateway: TestGateway;
let server: Server;
/** Requests that went through the application, and what they were named by. */
let ordinary = 0;
const named = new Set<unknown>();
beforeAll(async () => {
  gateway = await startTestGateway();
});
afterAll(() => gateway.close());
beforeEach(() => {
  server = listenTo(gateway);
});
afterEach(() => {
  server.close();
});

function listenTo({ app, services, ports }: TestGateway): Server {
  const counting: typeof app = ((req, res) => {
    ordinary += 1;
    named.add(req.headers['x-name']);
    app(req, res);
  }) as typeof app;
  return createServer(withHotReads(counting, routes, { services, registry: ports.registry, log: ports.log })).listen(0, '127.0.0.1');
}

const get = (authorization: string, path = '/v1/users/me', headers: Record<string, string> = {}) =>
  supertest(server)
    .get(path)
    .set({ authorization, ...headers });
/** An answer that did not go through the application. Several at once: what is held is given for 50 ms after the last look. */
const getHot = (authorization: string, path?: string, headers?: Record<string, string>) =>
  waitFor(
    async () => {
      const names = Array.from({ length: 8 }, () => randomUUID());
      const answers = await Promise.all(
        names.map(async (name) => ({ name, answer: await get(authorization, path, { ...headers, 'x-name': name }) })),
      );
      return answers.find(({ name }) => !named.has(name))?.answer ?? null;
    },
    { everyMs: 1, what: 'an answer that is held' },
  );

describe('an answer that the process holds', () => {
  it('is the one that the application gives, to the last header, and counted alike', async () => {
    const teacher = await gateway.as(gateway.cast.teacher);
    const hot = await getHot(teacher);
    const usual = await supertest(gateway.app).get('/v1/users/me').set('authorization', teacher);
    const changing = new Set(['date', 'x-request-id', 'ratelimit-remaining', 'ratelimit-reset', 'connection', 'keep-alive']);
    const lasting = (headers: Record<string, string>) =>
      Object.entries(headers)
        .filter(([name]) => !changing.has(name))
        .toSorted();
    expect(hot.body).toEqual(usual.body);
    expect(lasting(hot.headers)).toEqual(lasting(usual.headers));
    for (const name of ['x-request-id', 'ratelimit-remaining', 'ratelimit-reset']) expect(hot.headers[name]).toBeTruthy();
    expect((await getHot(teacher, undefined, { 'x-request-id': 'mine' })).headers['x-request-id']).toBe('mine');
    const known = await getHot(teacher, undefined, { 'if-none-match': String(hot.headers.etag) });
    expect([known.status, known.text]).toEqual([304, '']);
    expect(await gateway.ports.registry.metrics()).toMatch(
      /http_request_duration_seconds_count\{[^}]*route="\/v1\/users\/me"[^}]*status="304"/,
    );
  });

  it('is only given to those who may have it', async () => {
    const [student, admin] = [await gateway.as(gateway.cast.student), await gateway.as(gateway.cast.admin)];
    for (const path of ['/v1/institutions/me', '/v1/dashboard']) {
      await getHot(admin, path);
      const [here, usual] = [await get(student, path), await supertest(gateway.app).get(path).set('authorization', student)];
      expect([path, here.status, here.body]).toEqual([path, usual.status, usual.body]);
    }
    const before = ordinary;
    expect((await supertest(server).get('/v1/users/me')).status).toBe(401);
    expect((await supertest(server).get('/v1/users/me').set('authorization', 'Bearer made.up')).status).toBe(401);
    expect(ordinary).toBe(before + 2);
  });

  it('ends with a write and with the session, at once', async () => {
    const { colleague } = gateway.cast;
    const authorization = await gateway.as(colleague);
    await getHot(authorization);
    await supertest(server).patch('/v1/users/me').set({ authorization }).send({ locale: 'de' }).expect(200);
    expect((await get(authorization)).body.locale).toBe('de');
    const login = await supertest(server).post('/v1/auth/login').send({ email: colleague.email, password: 'correct horse battery staple' });
    const bearer = { authorization: `Bearer ${login.body.accessToken}` };
    await getHot(bearer.authorization);
    await supertest(server).post('/v1/auth/logout').set(bearer).send({ refreshToken: login.body.refreshToken }).expect(204);
    await supertest(server).get('/v1/users/me').set(bearer).expect(401);
  });

  it('goes the ordinary way with a query, a body or another method', async () => {
    const authorization = await gateway.as(gateway.cast.teacher);
    await getHot(authorization);
    const before = ordinary;
    await supertest(server).get('/v1/users/me?x=1').set({ authorization });
    await supertest(server).get('/v1/users/me').set({ authorization }).send({ some: 'body' });
    await supertest(server).head('/v1/users/me').set({ authorization }).expect(200);
    expect(ordinary).toBe(before + 3);
  });
});

it('both ways together let as many calls pass as there are', async () => {
  const small = await startTestGateway({ settings: { rateBudgets: { ...gateway.settings.rateBudgets, api: { points, seconds: 60 } } } });
  const own = listenTo(small);
  try {
    const authorization = await small.as(small.cast.teacher);
    const before = ordinary;
    const seen = { passed: 0, refused: 0 };
    for (let i = 0; i < points + 20; i++) {
      const { status } = await supertest(own).get('/v1/users/me').set({ authorization });
      if (status === 200) seen.passed += 1;
      if (status === 429) seen.refused += 1;
    }
    expect(seen).toEqual({ passed: points, refused: 20 });
    expect(ordinary - before).toBeLessThan(points);
  } finally {
    own.close();
    await small.close();
  }
});
