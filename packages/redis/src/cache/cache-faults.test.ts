import { startRedis } from '@gradeflow/embedded-services';
import { createTempDir, waitFor } from '@gradeflow/testing';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { type CacheGateway, createTruth, hunt, openCache, spec, type Truth, untilShared } from '../testing/cache-pair.ts';

const prefix = '{test:cache}';
let folder: Awaited<ReturnType<typeof createTempDir>>;
let server: Awaited<ReturnType<typeof startRedis>>;
let truth: Truth;
let one: CacheGateway;
let other: CacheGateway;
const start = (port?: number) => startRedis({ dataDir: folder.path, log: () => {}, ...(port ? { port } : {}) });
beforeEach(async () => {
  folder = await createTempDir();
  server = await start();
  truth = createTruth();
  one = openCache(server.url, prefix, truth);
  other = openCache(server.url, prefix, truth);
  await bothServe();
});
afterEach(async () => {
  one.close();
  other.close();
  await server.stop();
  await folder.remove();
});

const bothServe = () => untilShared(truth, one, other);

async function took(work: Promise<unknown>): Promise<number> {
  const began = performance.now();
  await work;
  return performance.now() - began;
}

describe('the cache Redis', () => {
  it('paused: nothing waits long, and what was written meanwhile is not served old when it wakes', async () => {
    await one.cache.read(spec(), truth.load);
    process.kill(server.pid, 'SIGSTOP');
    expect(await took(one.cache.read(spec({ key: 'another' }), truth.load))).toBeLessThan(600);
    expect(await took(one.cache.read(spec({ key: 'another' }), truth.load))).toBeLessThan(100);
    truth.state.value = 1;
    expect(await took(one.cache.invalidate(['a']))).toBeLessThan(600);
    process.kill(server.pid, 'SIGCONT');
    // The other one has noticed nothing.
    expect((await other.cache.read(spec(), truth.load)).body).toBe('1');
    await bothServe();
  });

  it('killed, its last second of changes lost, and back with what it had on disk: nothing old is served', async () => {
    await one.cache.read(spec(), truth.load);
    await one.redis.bgrewriteaof();
    await waitFor(async () => (await one.redis.info('persistence')).includes('aof_rewrite_in_progress:0'));
    await one.redis.config('SET', 'appendonly', 'no');
    truth.state.value = 1;
    await one.cache.invalidate(['a']);
    expect((await other.cache.read(spec(), truth.load)).body).toBe('1');
    server.kill();
    await server.ended;
    expect(await took(one.cache.read(spec(), truth.load))).toBeLessThan(600);
    truth.state.value = 2;
    expect(await took(one.cache.invalidate(['a']))).toBeLessThan(600);
    server = await start(server.port);
    expect((await other.cache.read(spec(), truth.load)).body).toBe('2');
    await bothServe();
    expect((await other.cache.read(spec(), truth.load)).body).toBe('2');
    expect((await one.cache.read(spec(), truth.load)).body).toBe('2');
  });

  it('flushed again and again, evicting its keys, while everybody reads and writes: no read is stale', async () => {
    let going = true;
    const flush = async () => {
      while (going) {
        await one.redis.flushall();
        await new Promise((resolve) => setTimeout(resolve, 15));
      }
    };
    const [found] = await Promise.all([
      hunt(truth, [one, other], { reads: 2_000, pauseMs: 20 }).finally(() => {
        going = false;
      }),
      flush(),
    ]);
    expect(found.stale).toBe(0);
  });

  it('paused and woken again and again while everybody reads and writes: no read is stale, none takes a second', async () => {
    let going = true;
    const disturb = async () => {
      while (going) {
        await new Promise((resolve) => setTimeout(resolve, 300));
        process.kill(server.pid, 'SIGSTOP');
        await new Promise((resolve) => setTimeout(resolve, 250));
        process.kill(server.pid, 'SIGCONT');
      }
    };
    const [found] = await Promise.all([
      hunt(truth, [one, other], { reads: 3_000, pauseMs: 20 }).finally(() => {
        going = false;
      }),
      disturb(),
    ]);
    expect(found.stale).toBe(0);
    expect(found.slowestMs).toBeLessThan(1_000);
  });

  it('absent from the start: answers are loaded, writes answer, nothing waits', async () => {
    const alone = openCache('redis://127.0.0.1:1', prefix, truth);
    expect(await alone.cache.read(spec(), truth.load)).toMatchObject({ outcome: 'BYPASS' });
    truth.state.value = 7;
    expect(await took(alone.cache.invalidate(['a']))).toBeLessThan(400);
    expect(await alone.cache.read(spec(), truth.load)).toMatchObject({ outcome: 'BYPASS', body: '7' });
    expect((await other.cache.read(spec(), truth.load)).body).toBe('7');
    alone.close();
  });
});

it('Postgres away: the last answer is given as stale, and an unknown one fails as loading does', async () => {
  await one.cache.read(spec(), truth.load);
  truth.state.away = true;
  const stale = await waitFor(async () => {
    const found = await one.cache.read(spec(), truth.load);
    return found.outcome === 'STALE' ? found : null;
  });
  expect(stale.body).toBe('0');
  await expect(one.cache.read(spec({ key: 'unknown' }), truth.load)).rejects.toThrow('away');
  // One that is silent instead of away is not waited for.
  const silent = () => new Promise<string>(() => {});
  expect(await one.cache.read(spec(), silent)).toMatchObject({ body: '0', outcome: 'STALE' });
  // What is refused is refused, whatever was there before.
  await expect(one.cache.read(spec(), () => Promise.reject(new Error('not yours')))).rejects.toThrow('not yours');
});
