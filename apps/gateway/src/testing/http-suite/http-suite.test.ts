import { chooseFreePort, type EmbeddedService, startRedis } from '@gradeflow/embedded-services';
import { connectFast } from '@gradeflow/redis';
import { createTempDir, waitFor } from '@gradeflow/testing';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Response } from 'supertest';
import type { Endpoint } from '../../http/define-endpoint.ts';
import { routes } from '../../routes.ts';
import { startTestGateway, type TestGateway } from '../start-test-gateway.ts';
import { type AnswerShape, shapeOf } from './answer-shape.ts';
import { cases } from './cases.ts';
import { asksDuring, vainWaitMs } from './waited.ts';
import { createWorld, type World } from './world.ts';

/** Longest that a request may take because of Redis. */
const boundMs = 1_000;
/** What a machine that runs other tests as well may add to a request. */
const slackMs = 4_000;
/** Longest until all is as before, once Redis is back. */
const resumeMs = 10_000;

const nameOf = ({ method, path }: Endpoint) => `${method} ${path}`;
const table = routes.map((endpoint) => [nameOf(endpoint), endpoint] as const);
/** Of a gateway whose Redis is there: what each endpoint answers. */
const healthy = new Map<string, { shape: AnswerShape; ms: number }>();

/** A gateway on a cache Redis and a queue Redis of its own. */
interface Ground {
  gateway: TestGateway;
  world: World;
  bring: { up(): Promise<void>; gone(): Promise<void>; paused(): void; awake(): void; emptied(): Promise<void> };
  close(): Promise<void>;
}

async function prepareGround(options: { redisAtStart: boolean }): Promise<Ground> {
  const folders = [await createTempDir(), await createTempDir()];
  const ports = [await chooseFreePort(), await chooseFreePort()];
  const urls = ports.map((port) => `redis://127.0.0.1:${port}`);
  const servers: EmbeddedService[] = [];
  const up = async () => {
    for (const [index, port] of ports.entries())
      servers[index] = await startRedis({ dataDir: folders[index]?.path ?? '', port, log: () => {}, persist: false });
  };
  const signal = (name: NodeJS.Signals) => {
    for (const { pid } of servers) process.kill(pid, name);
  };
  if (options.redisAtStart) await up();
  const [redisUrl = '', queueRedisUrl = ''] = urls;
  const gateway = await startTestGateway({
    redisUrl,
    queueRedisUrl,
    settings: { redisDeadlineMs: 50, standstill: { afterMs: 600_000, reconcileMs: 7_000 } },
  });
  if (options.redisAtStart) await waitFor(() => gateway.ports.boardQueues.isReady() && gateway.ports.cacheRedis.status === 'ready');
  const cleaners = urls.map((url) => connectFast(url, { name: 'test' }));
  return {
    gateway,
    world: await createWorld(gateway),
    bring: {
      up,
      gone: async () => {
        for (const server of servers) server.kill();
        await Promise.all(servers.map(({ ended }) => ended));
      },
      paused: () => signal('SIGSTOP'),
      awake: () => signal('SIGCONT'),
      emptied: async () => void (await Promise.all(cleaners.map((redis) => waitFor(() => redis.flushall())))),
    },
    close: async () => {
      for (const redis of cleaners) redis.disconnect();
      await gateway.close();
      for (const server of servers) server.kill();
      await Promise.all([...servers.map(({ ended }) => ended), ...folders.map((folder) => folder.remove())]);
    },
  };
}

/** The path of a request fits what the endpoint declares, so that no case asks for something else. */
function isOf(endpoint: Endpoint, { method, url }: { method: string; url: string }): boolean {
  const pattern = new RegExp(`^${endpoint.path.replaceAll(/:\w+/g, '[^/]+')}$`);
  return method.toLowerCase() === endpoint.method && pattern.test(new URL(url).pathname);
}

interface Outcome {
  answer: Response;
  ms: number;
  waitMs: number;
}

async function ask({ gateway, world }: Ground, endpoint: Endpoint, justBefore: () => Promise<void> = async () => {}): Promise<Outcome> {
  const prepared = await cases[nameOf(endpoint)]?.(world);
  if (!prepared) throw new Error('this endpoint has no case');
  await justBefore();
  const test = prepared();
  expect(isOf(endpoint, test)).toBe(true);
  const began = performance.now();
  const { result: answer, asks } = await asksDuring(gateway, async () => await test);
  return { answer, ms: performance.now() - began, waitMs: vainWaitMs(asks) };
}

/** What says how the fleet is, what the process has done, or who was there lately, says something else when Redis is away or was emptied. */
const tellsOfRedis = [
  'get /readyz',
  'get /metrics',
  'get /v1/presence',
  'get /v1/operations',
  'get /v1/operations/stuck',
  'post /v1/operations/retry',
];

function expectAsHealthy(endpoint: Endpoint, { answer, ms, waitMs }: Outcome): void {
  const before = healthy.get(nameOf(endpoint));
  if (!before) throw new Error('it was not asked while Redis was there');
  if (tellsOfRedis.includes(nameOf(endpoint))) expect(answer.status).toBe(200);
  else expect(shapeOf(answer)).toEqual(before.shape);
  expectInTime(before.ms, { ms, waitMs });
}

const slowest = new Map<string, { name: string; ms: number; waitMs: number }>();
function noteTime(state: string, name: string, { ms, waitMs }: Outcome): void {
  if (ms > (slowest.get(state)?.ms ?? 0)) slowest.set(state, { name, ms: Math.round(ms), waitMs });
}

function expectInTime(healthyMs: number, { ms, waitMs }: { ms: number; waitMs: number }): void {
  expect(waitMs).toBeLessThanOrEqual(boundMs);
  expect(ms).toBeLessThan(healthyMs + boundMs + slackMs);
}

function expectMissing({ answer, ms, waitMs }: Outcome): void {
  expect([answer.status, answer.body]).toMatchObject([503, { code: 'SERVICE_UNAVAILABLE', missing: 'redisCache' }]);
  expect(Number(answer.headers['retry-after'])).toBeGreaterThan(0);
  expectInTime(0, { ms, waitMs });
}

/** All that waits for Redis is at work again by itself. */
async function expectResumed({ gateway, world }: Ground, endedMeanwhile: string | null): Promise<void> {
  const { call, cast, ok } = world;
  const { cacheRedis, producer } = gateway.ports;
  const withinTime = (what: string, condition: () => Promise<unknown>) => waitFor(condition, { timeoutMs: resumeMs, what });
  await Promise.all([
    withinTime('/readyz', async () => {
      const { checks } = (await call('get', '/readyz', null)).body;
      return checks.redis.status === 'ok' && checks.redisCache.status === 'ok';
    }),
    withinTime('cached reads', async () => (await ok(call('get', '/v1/dashboard'))).headers['x-cache'] === 'HIT'),
    withinTime('shared limits', async () => {
      await ok(call('get', '/v1/courses', 'colleague'));
      return (await cacheRedis.exists(`gf:limit:api:${cast.colleague.id}`)) === 1;
    }),
    withinTime('presence', async () => {
      const { items } = (await ok(call('get', `/v1/presence?userIds=${cast.teacher.id}`))).body;
      return items[0].online;
    }),
    withinTime('the tray', async () => (await call('put', '/v1/tray').send({ submissionIds: [] })).status === 200),
    withinTime('an upload that is queued', async () => {
      const upload = call('post', `/v1/assessments/${cast.assessment.id}/submissions`).attach('file', world.pdf, 'sheet.pdf');
      const { body } = await ok(upload);
      await gateway.services.background.drained();
      return (await producer.gradingStates([{ submissionId: body.id, run: 1 }]))[0] === 'pending';
    }),
    withinTime('a session that was ended meanwhile', async () => {
      return endedMeanwhile === null || (await cacheRedis.exists(`gf:revoked:${endedMeanwhile}`)) === 1;
    }),
  ]);
  const { pin } = (await ok(call('post', '/v1/rooms').send({ assessmentId: cast.assessment.id, minutes: 5 }))).body;
  await ok(call('get', `/v1/rooms/${pin}/leaderboard`));
  expect(await cacheRedis.keys('gf:room-*')).not.toEqual([]);
}

it('has a case for every endpoint and for nothing else', () => {
  expect(Object.keys(cases).sort()).toEqual(table.map(([name]) => name).sort());
});

describe('a gateway whose Redis is there', () => {
  let ground: Ground;
  beforeAll(async () => {
    ground = await prepareGround({ redisAtStart: true });
  }, 60_000);
  afterAll(() => ground?.close());

  it.each(table)('answers %s as declared', async (name, endpoint) => {
    const { answer, ms } = await ask(ground, endpoint);
    expect([answer.status, answer.body.detail]).toEqual([endpoint.response.status, undefined]);
    healthy.set(name, { shape: shapeOf(answer), ms });
  });
});

describe.each(['absent since the start', 'killed in the middle', 'paused'] as const)('a gateway whose Redis is %s', (state) => {
  let ground: Ground;
  let ended: string;
  beforeAll(async () => {
    ground = await prepareGround({ redisAtStart: state !== 'absent since the start' });
    const { call, signIn } = ground.world;
    const { sessionId, refreshToken } = await signIn('stranger');
    ended = sessionId;
    if (state === 'absent since the start') return;
    // In the middle of work, with answers in the cache and people in presence.
    const paths = ['/v1/dashboard', '/v1/users/me', '/v1/search?q=exam', '/v1/tray', '/v1/courses', '/v1/assessments'];
    await Promise.all(paths.map((path) => call('get', path)));
    const underWay = [...paths, ...paths].map((path) => call('get', path));
    const answering = Promise.all(underWay.map(async (test) => (await test).status));
    if (state === 'paused') ground.bring.paused();
    else await ground.bring.gone();
    for (const status of await answering) expect([200, 503]).toContain(status);
    await call('post', '/v1/auth/logout', null).send({ refreshToken });
  }, 60_000);
  afterAll(async () => {
    if (state === 'paused') ground?.bring.awake();
    await ground?.close();
    process.stderr.write(`Redis ${state}: slowest ${JSON.stringify(slowest.get(state))}\n`);
  });

  it.each(table)('answers %s as ever, or 503 and what is missing where it is declared', async (name, endpoint) => {
    const outcome = await ask(ground, endpoint);
    noteTime(state, name, outcome);
    if (endpoint.needsRedis) expectMissing(outcome);
    else expectAsHealthy(endpoint, outcome);
  });

  it('says so at /readyz, and goes on taking uploads', async () => {
    const { status, body } = await ground.world.call('get', '/readyz', null);
    expect([status, body.status]).toEqual([200, 'degraded']);
    expect(body.checks).toMatchObject({ redis: { status: 'down' }, redisCache: { status: 'down' }, postgres: { status: 'ok' } });
  });

  it('resumes by itself', async () => {
    if (state === 'absent since the start') {
      const { refreshToken, sessionId } = await ground.world.signIn('stranger');
      ended = sessionId;
      await ground.world.call('post', '/v1/auth/logout', null).send({ refreshToken });
    }
    if (state === 'paused') ground.bring.awake();
    else await ground.bring.up();
    await expectResumed(ground, ended);
  }, 60_000);
});

describe('a gateway whose Redis is emptied before each request', () => {
  let ground: Ground;
  beforeAll(async () => {
    ground = await prepareGround({ redisAtStart: true });
  }, 60_000);
  afterAll(() => ground?.close());

  it.each(table)('answers %s as ever', async (_name, endpoint) => {
    // What was kept for these lives in Redis alone: whoever loses a code asks for another.
    if (endpoint.needsRedis) await ground.bring.emptied();
    const outcome = await ask(ground, endpoint, () => (endpoint.needsRedis ? Promise.resolve() : ground.bring.emptied()));
    expectAsHealthy(endpoint, outcome);
  });

  it('goes on as if nothing had been', () => expectResumed(ground, null), 60_000);
});
