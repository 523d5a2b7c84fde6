import { isAlive, startRedis } from '@gradeflow/embedded-services';
import { createTempDir, waitFor } from '@gradeflow/testing';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { Redis } from 'ioredis';
import { type KeptService, startKept } from './kept-service.ts';

let dir: Awaited<ReturnType<typeof createTempDir>>;
let kept: KeptService;
let pids: number[];
const start = async (port?: number) => {
  const service = await startRedis({ dataDir: dir.path, log: () => {}, persist: false, ...(port && { port }) });
  pids.push(service.pid);
  return service;
};

beforeEach(async () => {
  dir = await createTempDir();
  pids = [];
  kept = await startKept('Redis', () => {}, start);
});
afterEach(async () => {
  await kept.stop();
  await dir.remove();
});

describe('a kept server', () => {
  it('is back at the same address after it was killed', async () => {
    process.kill(pids[0] as number, 'SIGKILL');
    await waitFor(() => pids.length === 2);
    const redis = new Redis(kept.url);
    expect(await redis.ping()).toBe('PONG');
    redis.disconnect();
  });

  it('stays away after it was stopped, also in the middle of a restart', async () => {
    process.kill(pids[0] as number, 'SIGKILL');
    await kept.stop();
    expect(await Promise.all(pids.map(isAlive))).not.toContain(true);
  });
});
