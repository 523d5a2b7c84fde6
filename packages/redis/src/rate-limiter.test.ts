import { randomUUID } from 'node:crypto';
import { chooseFreePort, type EmbeddedService, startRedis } from '@gradeflow/embedded-services';
import { createTempDir, waitFor } from '@gradeflow/testing';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { connectFast, createRateLimiter, createRedisGuard, type Redis } from './index.ts';

let folder: Awaited<ReturnType<typeof createTempDir>>;
let port: number;
let server: EmbeddedService;
const connections: Redis[] = [];

const start = async () => {
  server = await startRedis({ dataDir: folder.path, log: () => {}, port, persist: false });
};
beforeAll(async () => {
  folder = await createTempDir();
  port = await chooseFreePort();
  await start();
});
afterAll(async () => {
  for (const redis of connections) redis.disconnect();
  server.kill();
  await server.ended;
  await folder.remove();
});

async function openLimiter(seconds = 60, points = 5) {
  const redis = connectFast(`redis://127.0.0.1:${port}`, { name: 'test' });
  connections.push(redis);
  await waitFor(() => redis.status === 'ready');
  return {
    redis,
    ...createRateLimiter({ redis, guard: createRedisGuard(redis, { deadlineMs: 40 }), budgets: { login: { points, seconds } } }),
  };
}
const inOrder = async (times: number, work: () => Promise<{ allowed: boolean }>) => {
  const seen: boolean[] = [];
  for (let i = 0; i < times; i += 1) seen.push((await work()).allowed);
  return seen;
};
const fivePass = [true, true, true, true, true, false];

describe('on a real Redis', () => {
  it('lets 5 pass and refuses the 6th, over two gateways together, and each key for itself', async () => {
    const [one, two] = [await openLimiter(), await openLimiter()];
    const key = randomUUID();
    const turns = [one, two, one, two, one, two];
    expect(await inOrder(6, () => (turns.pop() ?? one).consume('login', key))).toEqual(fivePass);
    expect(await one.consume('login', randomUUID())).toEqual({ allowed: true, limit: 5, remaining: 4, resetSeconds: 60 });
  });

  it('counts calls at the same time exactly', async () => {
    const limiter = await openLimiter();
    const key = randomUUID();
    const verdicts = await Promise.all(Array.from({ length: 40 }, () => limiter.consume('login', key)));
    expect(verdicts.filter(({ allowed }) => allowed)).toHaveLength(5);
  });

  it('begins again when the window has ended, and when it is told to forget', async () => {
    const limiter = await openLimiter(1);
    const key = randomUUID();
    await inOrder(6, () => limiter.consume('login', key));
    expect(await waitFor(async () => (await limiter.consume('login', key)).allowed)).toBe(true);
    const other = await openLimiter();
    await inOrder(6, () => other.consume('login', key));
    await other.forget('login', key);
    expect(await other.consume('login', key)).toMatchObject({ allowed: true, remaining: 4 });
  });
});

describe('a large budget', () => {
  const draws = async ({ redis }: { redis: Redis }) =>
    Number(/cmdstat_incrby:calls=(\d+)/.exec(await redis.info('commandstats'))?.[1] ?? 0);
  const open = async (points = 1_000) => {
    const redis = connectFast(`redis://127.0.0.1:${port}`, { name: 'test' });
    connections.push(redis);
    await waitFor(() => redis.status === 'ready');
    const limiter = createRateLimiter({
      redis,
      guard: createRedisGuard(redis, { deadlineMs: 500 }),
      budgets: { api: { points, seconds: 60 } },
    });
    return { redis, ...limiter };
  };

  it('is drawn in blocks, and ends exactly where it should for one gateway', async () => {
    const limiter = await open();
    const key = randomUUID();
    const before = await draws(limiter);
    const verdicts = [];
    for (let i = 0; i < 1_001; i++) verdicts.push(await limiter.consume('api', key));
    expect(verdicts.filter(({ allowed }) => allowed)).toHaveLength(1_000);
    expect(verdicts.slice(0, 1_000).map(({ remaining }) => remaining)).toEqual(Array.from({ length: 1_000 }, (_, i) => 999 - i));
    expect((await draws(limiter)) - before).toBeLessThan(600);
  });

  it('is asked about once in 200 calls while most of it is left', async () => {
    const limiter = await open(100_000_000);
    const key = randomUUID();
    const before = await draws(limiter);
    for (let i = 0; i < 1_001; i++) await limiter.consume('api', key);
    expect((await draws(limiter)) - before).toBe(6);
  });

  it('never lets more pass than it has, over gateways and at once, and loses little to blocks that are not used up', async () => {
    const gateways = [await open(), await open(), await open()];
    const key = randomUUID();
    const calls = Array.from({ length: 1_200 }, (_, i) => gateways[i % 3]?.consume('api', key));
    const allowed = (await Promise.all(calls)).filter((verdict) => verdict?.allowed).length;
    expect(allowed).toBeLessThanOrEqual(1_000);
    expect(allowed).toBeGreaterThan(950);
  });
});

describe('without Redis', () => {
  it('goes on counting in the process, from what it has seen, while Redis is paused; adds 50 ms to one call and nothing to the next', async () => {
    const limiter = await openLimiter();
    const key = randomUUID();
    await inOrder(3, () => limiter.consume('login', key));
    process.kill(server.pid, 'SIGSTOP');
    try {
      const timeOf = async () => {
        const began = performance.now();
        const { allowed } = await limiter.consume('login', key);
        return { allowed, ms: performance.now() - began };
      };
      const [first, second, third] = [await timeOf(), await timeOf(), await timeOf()];
      expect([first.allowed, second.allowed, third.allowed]).toEqual([true, true, false]);
      // The deadline is 40 ms; what is beyond it is the machine's.
      expect(first.ms).toBeLessThan(150);
      expect(second.ms + third.ms).toBeLessThan(30);
    } finally {
      process.kill(server.pid, 'SIGCONT');
    }
  });

  it('goes on when Redis is gone, and comes back to it by itself', async () => {
    const limiter = await openLimiter();
    const key = randomUUID();
    server.kill();
    await server.ended;
    expect(await inOrder(6, () => limiter.consume('login', key))).toEqual(fivePass);
    await start();
    await waitFor(async () => {
      await limiter.consume('login', 'probe');
      return limiter.redis.status === 'ready' && (await limiter.redis.exists('gf:limit:login:probe'));
    });
  });

  it('keeps no block: a large budget is shared again from the first call that Redis answers', async () => {
    const limiter = await openLimiter(60, 1_000_000);
    const key = randomUUID();
    await inOrder(2, () => limiter.consume('login', key));
    expect(limiter.takeHeld('login', key)).not.toBeNull();
    server.kill();
    await server.ended;
    await limiter.consume('login', randomUUID());
    await inOrder(3, () => limiter.consume('login', key));
    expect(limiter.takeHeld('login', key)).toBeNull();
    await start();
    await waitFor(() => limiter.redis.status === 'ready');
    await waitFor(async () => {
      await limiter.consume('login', randomUUID());
      return (await limiter.redis.dbsize()) > 0;
    });
    await limiter.consume('login', key);
    expect(await limiter.redis.exists(`gf:limit:login:${key}`)).toBe(1);
  });
});
