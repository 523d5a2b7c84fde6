import { startPostgres, startRedis } from '@gradeflow/embedded-services';
import type { Lifecycle } from '@gradeflow/lifecycle';
import type { CliEnv } from '../env.ts';
import { type KeptService, startKept } from './kept-service.ts';

export interface LocalServices {
  DATABASE_URL: string;
  REDIS_QUEUE_URL: string;
  REDIS_CACHE_URL: string;
}

/** Starts what the environment does not name; one embedded Redis serves both roles. Each server is registered for closing as soon as it runs. */
export async function startServices(options: {
  env: CliEnv;
  lifecycle: Lifecycle;
  onKill: (kill: () => void) => void;
  signal: AbortSignal;
  log: (line: string) => void;
}): Promise<LocalServices> {
  const { env, lifecycle, onKill, signal, log } = options;
  const { DATA_DIR: dataDir } = env;
  const keep = async (name: string, start: Parameters<typeof startKept>[2]): Promise<KeptService> => {
    const service = await startKept(name, log, start);
    lifecycle.add(name, () => service.stop());
    onKill(service.kill);
    signal.throwIfAborted();
    log(`${name} is up`);
    return service;
  };

  const needsRedis = !(env.REDIS_QUEUE_URL && env.REDIS_CACHE_URL);
  const redisUrl = needsRedis ? (await keep('Redis', (port) => startRedis({ dataDir, log, ...(port && { port }) }))).url : '';
  const databaseUrl = env.DATABASE_URL ?? (await keep('Postgres', (port) => startPostgres({ dataDir, log, ...(port && { port }) }))).url;
  return { DATABASE_URL: databaseUrl, REDIS_QUEUE_URL: env.REDIS_QUEUE_URL ?? redisUrl, REDIS_CACHE_URL: env.REDIS_CACHE_URL ?? redisUrl };
}
