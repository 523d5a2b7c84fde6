import { startRedis } from '@gradeflow/embedded-services';
import { createTempDir, createTestDatabase, type TestDatabase, waitFor } from '@gradeflow/testing';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type GatewayPlace, type GatewayProcess, huntStaleReads, type Person, seedPeople, signInAt, startGateway } from './gateways.ts';

/** Longest that a request may take because of the cache Redis. */
const boundMs = 1_000;
let folder: Awaited<ReturnType<typeof createTempDir>>;
let database: TestDatabase;
let queue: Awaited<ReturnType<typeof startRedis>>;
let cache: Awaited<ReturnType<typeof startRedis>>;
let place: GatewayPlace;
let gateways: GatewayProcess[];
let people: Person[];
let token: string;

const startCache = (port?: number) => startRedis({ dataDir: `${folder.path}/cache`, log: () => {}, ...(port ? { port } : {}) });

beforeAll(async () => {
  folder = await createTempDir();
  database = await createTestDatabase();
  [queue, cache] = [await startRedis({ dataDir: folder.path, log: () => {}, persist: false }), await startCache()];
  place = { dataDir: folder.path, databaseUrl: database.url, queueUrl: queue.url, cacheUrl: cache.url };
  people = await seedPeople(database.database, 'ADMIN', 2);
  // The second one finds the secret that the first has made.
  gateways = [await startGateway(place)];
  gateways.push(await startGateway(place));
  const [first] = gateways;
  const [person] = people;
  if (!first || !person) throw new Error('there is no gateway');
  token = await signInAt(first, person);
  await untilShared();
}, 120_000);

afterAll(async () => {
  await Promise.all((gateways ?? []).map((gateway) => gateway.stop()));
  await cache?.stop();
  await queue?.stop();
  await database?.drop();
  await folder?.remove();
}, 60_000);

async function get(gateway: GatewayProcess | undefined, path: string) {
  const began = performance.now();
  const answer = await fetch(`${gateway?.url}${path}`, { headers: { authorization: token } });
  return {
    status: answer.status,
    outcome: answer.headers.get('x-cache'),
    body: (await answer.json()) as Record<string, unknown>,
    ms: performance.now() - began,
  };
}

let word = 0;
/** What one gateway has loaded the other finds. */
const untilShared = () =>
  waitFor(
    async () => {
      const path = `/v1/search?q=warm${word++}`;
      await get(gateways[0], path);
      return (await get(gateways[1], path)).outcome === 'HIT';
    },
    { timeoutMs: 20_000, everyMs: 50, what: 'two gateways that share their answers' },
  );

describe('two gateway processes', () => {
  it('load a cold answer once for 200 who ask at the same moment', async () => {
    const answers = await Promise.all(Array.from({ length: 200 }, (_, i) => get(gateways[i % 2], '/v1/search?q=stampede')));
    const outcomes = Map.groupBy(answers, ({ outcome }) => outcome);
    expect([outcomes.get('MISS')?.length, outcomes.get('HIT')?.length]).toEqual([1, 199]);
  }, 30_000);

  it('give no stale answer while both write and read', async () => {
    const found = await huntStaleReads(gateways, token, { reads: 2_000, readers: 6 });
    expect(found).toMatchObject({ stale: 0, failed: 0 });
    expect(found.writes).toBeGreaterThan(20);
    expect(found.outcomes.HIT).toBeGreaterThan(200);
  }, 120_000);
});

describe('the cache Redis', () => {
  const hunt = () => huntStaleReads(gateways, token, { reads: 600, readers: 4 });
  const expectUnharmed = (found: Awaited<ReturnType<typeof hunt>>) => {
    expect(found).toMatchObject({ stale: 0, failed: 0 });
    expect(found.slowestReadMs).toBeLessThan(boundMs);
    expect(found.slowestWriteMs).toBeLessThan(boundMs);
  };

  it('flushed while they work: nothing stale, nothing slow', async () => {
    const [found] = await Promise.all([hunt(), flushAll()]);
    expectUnharmed(found);
    await untilShared();
  }, 60_000);

  it('paused and woken while they work: nothing stale, nothing slow', async () => {
    process.kill(cache.pid, 'SIGSTOP');
    const wake = setTimeout(() => process.kill(cache.pid, 'SIGCONT'), 1_500);
    const found = await hunt().finally(() => clearTimeout(wake));
    process.kill(cache.pid, 'SIGCONT');
    expectUnharmed(found);
    expect(found.outcomes.BYPASS).toBeGreaterThan(0);
    await untilShared();
    expectUnharmed(await hunt());
  }, 90_000);

  it('killed in the middle and back with its data: nothing stale, nothing slow', async () => {
    const before = hunt();
    cache.kill();
    await cache.ended;
    expectUnharmed(await before);
    const found = hunt();
    cache = await startCache(cache.port);
    expectUnharmed(await found);
    await untilShared();
  }, 90_000);

  it('absent when a gateway starts: it starts, answers from Postgres, and shares once Redis is there', async () => {
    await cache.stop();
    const late = await startGateway(place);
    gateways.push(late);
    expect(await get(late, '/v1/dashboard')).toMatchObject({ status: 200, outcome: 'BYPASS' });
    expectUnharmed(await hunt());
    cache = await startCache(cache.port);
    await waitFor(async () => (await get(late, '/v1/dashboard')).outcome === 'HIT', { timeoutMs: 20_000 });
    expectUnharmed(await hunt());
  }, 120_000);
});

async function flushAll(): Promise<void> {
  const { connectFast } = await import('@gradeflow/redis');
  const redis = connectFast(cache.url, { name: 'test' });
  try {
    for (let i = 0; i < 20; i++) {
      await waitFor(() => redis.flushall());
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  } finally {
    redis.disconnect();
  }
}
