import { type EmbeddedService, startRedis } from '@gradeflow/embedded-services';
import { createTempDir, waitFor } from '@gradeflow/testing';
import { startTestGateway, type TestGateway } from './start-test-gateway.ts';

export interface GatewayOnOwnRedis {
  gateway: TestGateway;
  /** May be paused and ended. */
  redis: EmbeddedService;
  /** Whatever has become of the Redis. */
  close(): Promise<void>;
}

/** A gateway whose queue and cache are in a Redis that nobody else has; both are connected. */
export async function startGatewayOnOwnRedis(options: Parameters<typeof startTestGateway>[0] = {}): Promise<GatewayOnOwnRedis> {
  const folder = await createTempDir();
  const redis = await startRedis({ dataDir: folder.path, log: () => {}, persist: false });
  let ended = false;
  void redis.ended.then(() => {
    ended = true;
  });
  const gateway = await startTestGateway({ ...options, redisUrl: redis.url });
  const { cacheRedis, queueLook, boardQueues } = gateway.ports;
  await waitFor(() => cacheRedis.status === 'ready' && queueLook.isReady() && boardQueues.isReady());
  return {
    gateway,
    redis,
    close: async () => {
      // One that is paused could not be stopped.
      if (!ended) process.kill(redis.pid, 'SIGCONT');
      await gateway.close();
      await redis.stop();
      await folder.remove();
    },
  };
}
