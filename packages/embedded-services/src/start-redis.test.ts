import { createTempDir } from '@gradeflow/testing';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { Redis } from 'ioredis';
import { chooseFreePort } from './free-port.ts';
import { isAlive } from './processes.ts';
import { findRunRecord, writeRunRecord } from './run-record.ts';
import type { EmbeddedService } from './service.ts';
import { startRedis } from './start-redis.ts';

const log = () => {};
let dir: Awaited<ReturnType<typeof createTempDir>>;
const running: EmbeddedService[] = [];
const start = async (options: { port?: number; persist?: boolean } = {}) => {
  const service = await startRedis({ dataDir: dir.path, log, ...options });
  running.push(service);
  return service;
};

beforeEach(async () => {
  dir = await createTempDir();
});
afterEach(async () => {
  await Promise.all(running.splice(0).map((service) => service.stop()));
  await dir.remove();
});

async function ask<T>(url: string, question: (redis: Redis) => Promise<T>): Promise<T> {
  const redis = new Redis(url);
  try {
    return await question(redis);
  } finally {
    redis.disconnect();
  }
}

describe('the embedded Redis', () => {
  it('follows the rules of a queue, keeps data and port over a restart, and leaves no process behind', async () => {
    const first = await start();
    expect(await ask(first.url, (redis) => redis.config('GET', 'maxmemory-policy'))).toEqual(['maxmemory-policy', 'noeviction']);
    await ask(first.url, (redis) => redis.set('kept', 'yes'));
    await first.stop();
    expect(await isAlive(first.pid)).toBe(false);
    expect(await findRunRecord(dir.path, 'redis')).toEqual({ pid: null, port: first.port });

    const second = await start();
    expect(second.port).toBe(first.port);
    expect(await ask(second.url, (redis) => redis.get('kept'))).toBe('yes');
  });

  it('ends the server that a killed run left on the same folder', async () => {
    const orphan = await start(); // Nobody stops it before the next start: as after a kill -9 of its parent.
    const next = await start();
    expect(await isAlive(orphan.pid)).toBe(false);
    expect(await ask(next.url, (redis) => redis.ping())).toBe('PONG');
  });

  it('leaves a stranger alone that was given the recorded process id', async () => {
    await writeRunRecord(dir.path, 'redis', { pid: process.pid, port: await chooseFreePort() });
    await start();
    expect(await isAlive(process.pid)).toBe(true);
  });

  it('takes another port when the recorded one is taken', async () => {
    const holder = await start();
    const other = await createTempDir();
    try {
      await writeRunRecord(other.path, 'redis', { pid: null, port: holder.port });
      const service = await startRedis({ dataDir: other.path, log, persist: false });
      running.push(service);
      expect(service.port).not.toBe(holder.port);
    } finally {
      await Promise.all(running.splice(0).map((service) => service.stop()));
      await other.remove();
    }
  });

  it('says what the server wrote when a fixed port is taken', async () => {
    const holder = await start();
    const other = await createTempDir();
    try {
      await expect(startRedis({ dataDir: other.path, log, port: holder.port })).rejects.toMatchObject({
        code: 'SERVICE_NOT_STARTED',
        message: expect.stringMatching(/Address already in use/),
      });
    } finally {
      await other.remove();
    }
  });

  it('tells when the server dies by itself', async () => {
    const service = await start();
    process.kill(service.pid, 'SIGKILL');
    await service.ended;
    expect(await isAlive(service.pid)).toBe(false);
  });
});
