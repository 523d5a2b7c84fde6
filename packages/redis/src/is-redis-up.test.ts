import { once } from 'node:events';
import { createServer } from 'node:net';
import { testRedis, waitFor } from '@gradeflow/testing';
import { describe, expect, it } from '@jest/globals';
import { connectFast, isRedisUp } from './index.ts';

describe('isRedisUp', () => {
  it('is true while Redis answers', async () => {
    const redis = connectFast(testRedis().url, { name: 'test' });
    await waitFor(() => isRedisUp(redis));
    redis.disconnect();
    expect(await isRedisUp(redis)).toBe(false);
  });

  it('is false within the deadline for a server that takes connections and says nothing', async () => {
    const silent = createServer((socket) => socket.on('error', () => {}).resume());
    silent.listen(0, '127.0.0.1');
    await once(silent, 'listening');
    const { port } = silent.address() as { port: number };
    const redis = connectFast(`redis://127.0.0.1:${port}`, { name: 'test' });
    await once(redis, 'connect');
    const began = Date.now();
    expect(await isRedisUp(redis, 100)).toBe(false);
    expect(Date.now() - began).toBeLessThan(300);
    redis.disconnect();
    silent.close();
    await once(silent, 'close');
  });
});
