import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { offerTesseract, startPostgres, startRedis } from '@gradeflow/embedded-services';

export interface TestServices {
  databaseUrl: string;
  redisUrl: string;
  stop(): Promise<void>;
}

/**
 * The services of one test run: those named by TEST_DATABASE_URL and TEST_REDIS_URL when both are set, else a Postgres and a Redis of
 * our own on free ports in a temporary folder. `stop` ends only what was started here.
 */
export async function startTestServices(env: NodeJS.ProcessEnv): Promise<TestServices> {
  if (env.TEST_DATABASE_URL && env.TEST_REDIS_URL) {
    return { databaseUrl: env.TEST_DATABASE_URL, redisUrl: env.TEST_REDIS_URL, stop: async () => {} };
  }
  const dataDir = await mkdtemp(path.join(tmpdir(), 'gradeflow-services-'));
  const log = (line: string) => process.stderr.write(`${line}\n`);
  const redis = await startRedis({ dataDir, log, persist: false });
  // As `npm start` does; awaited, so that all tests see the same engines.
  const engines = env.OCR_INSTALL === 'off' ? undefined : offerTesseract({ log });
  const postgres = await startPostgres({ dataDir, log, durable: false }).catch(async (error: unknown) => {
    await redis.stop();
    throw error;
  });
  await engines;
  // An interrupted run calls no teardown; the exit handler is synchronous, so the servers get their signal and no more.
  process.once('exit', () => {
    for (const service of [postgres, redis]) service.kill();
  });
  return {
    databaseUrl: postgres.url,
    redisUrl: redis.url,
    stop: async () => {
      await Promise.all([postgres.stop(), redis.stop()]);
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}
