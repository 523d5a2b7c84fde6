import os from 'node:os';
import path from 'node:path';
import { loadConfig } from '@gradeflow/config';
import { extractPaper, extractSheet, readPage } from '@gradeflow/contracts';
import { createDatabase, createPaperObserver, createRecordQuestionPaper, createStageObserver } from '@gradeflow/database';
import { createLifecycle, shutdownOnSignals } from '@gradeflow/lifecycle';
import { createLogger } from '@gradeflow/logger';
import { createJobMetrics, createWorkerGroup } from '@gradeflow/queue';
import { createReadingPool, findChosenNative } from '@gradeflow/reading';
import { createCacheWriter } from '@gradeflow/redis';
import { createSpool } from '@gradeflow/spool';
import { createFileStorage } from '@gradeflow/storage';
import { createRegistry, serveMetrics } from '@gradeflow/telemetry';
import { WorkerOcrEnv } from './env.ts';
import { createLanguagesOf } from './languages-of.ts';
import { createPageMetrics } from './page-metrics.ts';
import { createExtractPaper } from './processors/extract-paper.ts';
import { createExtractSheet } from './processors/extract-sheet.ts';
import { createReadPage } from './processors/read-page.ts';
import { startVision } from './start-vision.ts';

const name = 'worker-ocr';
const env = loadConfig(WorkerOcrEnv, process.env);
const log = createLogger({ name, level: env.LOG_LEVEL });
const lifecycle = createLifecycle((resource, err) => log.warn({ resource, err }, 'did not close'));
shutdownOnSignals(lifecycle, 9_000);

const concurrency = env.OCR_CONCURRENCY ?? os.availableParallelism();
const registry = createRegistry(name);
const spool = createSpool({ root: path.join(env.DATA_DIR, 'spool') });
const storage = createFileStorage({ root: path.join(env.DATA_DIR, 'storage') });
await spool.prepare();
if (env.METRICS_PORT !== undefined) {
  const server = await serveMetrics({ registry, port: env.METRICS_PORT, host: env.METRICS_HOST, healthy: () => true });
  lifecycle.add('metrics', server.close);
}
const database = createDatabase({ url: env.DATABASE_URL, applicationName: name, onWrite: (tags) => cache.invalidate(tags) });
lifecycle.add('database', database.close);
const cache = createCacheWriter({
  url: env.REDIS_CACHE_URL,
  epochs: database.cacheEpochs,
  name: `${name}-cache`,
  onError: (error) => log.debug({ detail: error.message }, 'cache Redis'),
});
lifecycle.add('cache', cache.close);
// Asked now, so that a worker whose engine is missing does not start; the reading processes ask again.
const native = await findChosenNative(env.OCR_ENGINE);
const readingPool = createReadingPool({
  size: concurrency,
  limits: { maxPages: env.MAX_PAGES, maxPagePixels: env.MAX_PAGE_PIXELS },
  timeoutMs: env.OCR_PAGE_TIMEOUT_MS,
  nice: 10,
  ocrDataDir: env.OCR_DATA_DIR ?? path.join(env.DATA_DIR, 'tessdata'),
  ocrEngine: env.OCR_ENGINE,
  log,
});
lifecycle.add('reading', readingPool.close);
const instance = env.INSTANCE_ID === undefined ? {} : { instanceId: env.INSTANCE_ID };
const queue = { url: env.REDIS_QUEUE_URL, prefix: env.QUEUE_PREFIX, log };
const workers = createWorkerGroup({ ...queue, ...instance, metrics: createJobMetrics(registry), allowEviction: env.QUEUE_ALLOW_EVICTION });
lifecycle.add('workers', workers.close);

const improveByModel = await startVision(env, { spool, database });
// A page that waits for the model leaves its core to another one: the pool bounds what is read at once.
const pagesAtOnce = concurrency + (improveByModel ? env.OCR_VISION_CONCURRENCY : 0);
const { stages, pages, assessments, questionPapers } = database;
const metrics = createPageMetrics(registry);
const languagesOf = createLanguagesOf({ assessments, fallback: env.OCR_LANGUAGES, log });
workers.start(extractSheet, createExtractSheet({ spool, stages, pages, metrics }), {
  concurrency: 8,
  observer: createStageObserver({ ...database, spool }, 'extract'),
});
const recordQuestionPaper = createRecordQuestionPaper(database);
workers.start(extractPaper, createExtractPaper({ spool, storage, stages, questionPapers, recordQuestionPaper, readingPool }), {
  concurrency: 4,
  observer: createPaperObserver({ stages, questionPapers, spool }),
});
workers.start(readPage, createReadPage({ spool, stages, pages, readingPool, languagesOf, improveByModel, metrics }), {
  concurrency: pagesAtOnce,
});
log.info({ concurrency, engine: native ? `tesseract ${native.version}` : 'tesseract.js' }, 'started');
