import { startRedis } from '@gradeflow/embedded-services';
import { createTempDir, waitFor } from '@gradeflow/testing';
import { describe, expect, it } from '@jest/globals';
import { connectFast, createAskRedis } from '../index.ts';

describe('asking Redis', () => {
  it('costs one caller the deadline while Redis is paused, the others nothing, and works again after it', async () => {
    const folder = await createTempDir();
    const server = await startRedis({ dataDir: folder.path, log: () => {}, persist: false });
    const redis = connectFast(server.url, { name: 'test' });
    const ask = createAskRedis(redis, { deadlineMs: 200 });
    const ping = () => ask((connection) => connection.ping());
    try {
      await waitFor(ping);
      process.kill(server.pid, 'SIGSTOP');
      const began = performance.now();
      await expect(ping()).rejects.toMatchObject({ code: 'SERVICE_UNAVAILABLE', status: 503, retryAfterSeconds: 2 });
      expect(performance.now() - began).toBeGreaterThan(150);
      const second = performance.now();
      for (let times = 0; times < 20; times++) await expect(ping()).rejects.toMatchObject({ code: 'SERVICE_UNAVAILABLE' });
      expect(performance.now() - second).toBeLessThan(200);
      process.kill(server.pid, 'SIGCONT');
      expect(await waitFor(ping)).toBe('PONG');
    } finally {
      process.kill(server.pid, 'SIGCONT');
      redis.disconnect();
      await server.stop();
      await folder.remove();
    }
  });

  it('is refused at once without a connection', async () => {
    const redis = connectFast('redis://127.0.0.1:1', { name: 'test' });
    await expect(createAskRedis(redis)((connection) => connection.ping())).rejects.toMatchObject({ status: 503 });
    redis.disconnect();
  });
});
