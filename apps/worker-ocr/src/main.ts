import os from 'node:os';
import path from 'node:path';
import { loadConfig } from '@gradeflow/config';
import { extractSheet, readPage } from '@gradeflow/contracts';
import { createDatabase, createStageObserver } from '@gradeflow/database';
import { createLifecycle, shutdownOnSignals } from '@gradeflow/lifecycle';
import { createLogger } from '@gradeflow/logger';
import { createJobMetrics, createWorkerGroup } from '@gradeflow/queue';
import { createReadingPool } from '@gradeflow/reading';
import { createSpool } from '@gradeflow/spool';
import { createRegistry, serveMetrics } from '@gradeflow/telemetry';
import { WorkerOcrEnv } from './env.ts';
import { createLanguagesOf } from './languages-of.ts';
import { createExtractSheet } from './processors/extract-sheet.ts';
import { createReadPage } from './processors/read-page.ts';

const name = 'worker-ocr';
const env = loadConfig(WorkerOcrEnv, process.env);
const log = createLogger({ name, level: env.LOG_LEVEL });
const lifecycle = createLifecycle((resource, err) => log.warn({ resource, err }, 'did not close'));
shutdownOnSignals(lifecycle, 9_000);

const concurrency = env.OCR_CONCURRENCY ?? os.availableParallelism();
const registry = createRegistry(name);
const spool = createSpool({ root: path.join(env.DATA_DIR, 'spool') });
await spool.prepare();
if (env.METRICS_PORT !== undefined) {
  const server = await serveMetrics({ registry, port: env.METRICS_PORT, host: env.METRICS_HOST, healthy: () => true });
  lifecycle.add('metrics', server.close);
}
const database = createDatabase({ url: env.DATABASE_URL, applicationName: name });
lifecycle.add('database', database.close);
const readingPool = createReadingPool({
  size: concurrency,
  limits: { maxPages: env.MAX_PAGES, maxPagePixels: env.MAX_PAGE_PIXELS },
  timeoutMs: env.OCR_PAGE_TIMEOUT_MS,
  nice: 10,
  ocrDataDir: env.OCR_DATA_DIR,
  log,
});
lifecycle.add('reading', readingPool.close);
const instance = env.INSTANCE_ID === undefined ? {} : { instanceId: env.INSTANCE_ID };
const queue = { url: env.REDIS_QUEUE_URL, prefix: env.QUEUE_PREFIX, log };
const workers = createWorkerGroup({ ...queue, ...instance, metrics: createJobMetrics(registry) });
lifecycle.add('workers', workers.close);

const { stages, pages, assessments } = database;
const languagesOf = createLanguagesOf({ assessments, fallback: env.OCR_LANGUAGES, log });
workers.start(extractSheet, createExtractSheet({ spool, stages, pages }), {
  concurrency: 8,
  observer: createStageObserver({ ...database, spool }, 'extract'),
});
workers.start(readPage, createReadPage({ spool, stages, readingPool, languagesOf }), { concurrency });
log.info({ concurrency }, 'started');
