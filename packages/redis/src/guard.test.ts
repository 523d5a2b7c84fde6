import { startRedis } from '@gradeflow/embedded-services';
import { createTempDir, testRedis, waitFor } from '@gradeflow/testing';
import { describe, expect, it } from '@jest/globals';
import { ReplyError } from 'ioredis';
import { connectFast, createRedisGuard, retryTransient } from './index.ts';

async function took(work: () => Promise<unknown>): Promise<number> {
  const began = performance.now();
  await work();
  return performance.now() - began;
}

describe('a guard', () => {
  it('says at once that a Redis that was never there does not answer', async () => {
    const redis = connectFast('redis://127.0.0.1:1', { name: 'test' });
    const guard = createRedisGuard(redis);
    await guard.ask((it) => it.ping());
    const ms = await took(async () => {
      for (let i = 0; i < 1_000; i++) expect((await guard.ask((it) => it.ping())).answered).toBe(false);
    });
    redis.disconnect();
    // A time-out each would be 150.
    expect(ms / 1_000).toBeLessThan(1);
  });

  it('pays for a Redis that stands still once, then nothing until it is tried again, and finds it again', async () => {
    const folder = await createTempDir();
    const server = await startRedis({ dataDir: folder.path, log: () => {}, persist: false });
    const redis = connectFast(server.url, { name: 'test' });
    const guard = createRedisGuard(redis, { deadlineMs: 100, restMs: 300 });
    const ask = () => guard.ask((it) => it.ping());
    try {
      await waitFor(async () => (await ask()).answered);
      process.kill(server.pid, 'SIGSTOP');
      const first = await took(async () => expect((await ask()).answered).toBe(false));
      expect(first).toBeGreaterThan(90);
      expect(first).toBeLessThan(300);
      expect(await took(() => Promise.all(Array.from({ length: 100 }, ask)))).toBeLessThan(50);
      process.kill(server.pid, 'SIGCONT');
      await waitFor(async () => (await ask()).answered);
    } finally {
      redis.disconnect();
      await server.stop();
      await folder.remove();
    }
  });

  it('is not closed by a command that Redis refuses', async () => {
    const { url, prefix } = testRedis();
    const redis = connectFast(url, { name: 'test' });
    const guard = createRedisGuard(redis);
    await waitFor(() => redis.status === 'ready');
    await redis.set(`${prefix}:word`, 'x', 'EX', 60);
    expect((await guard.ask((it) => it.incr(`${prefix}:word`))).answered).toBe(false);
    expect(await guard.ask((it) => it.get(`${prefix}:word`))).toEqual({ answered: true, value: 'x' });
    redis.disconnect();
  });
});

describe('retryTransient', () => {
  it('tries again after faults that pass, and never what was refused', async () => {
    let tries = 0;
    const flaky = async () => {
      tries += 1;
      if (tries < 3) throw new Error('Connection is closed.');
      return 'done';
    };
    expect(await retryTransient(flaky)).toBe('done');
    expect(tries).toBe(3);
    const refused = new ReplyError('WRONGTYPE no');
    let refusals = 0;
    const refuse = async () => {
      refusals += 1;
      throw refused;
    };
    await expect(retryTransient(refuse)).rejects.toBe(refused);
    expect(refusals).toBe(1);
  });
});
