import path from 'node:path';
import { loadConfig } from '@gradeflow/config';
import { gradeSubmission } from '@gradeflow/contracts';
import { createDatabase, createStageObserver } from '@gradeflow/database';
import { createGrader } from '@gradeflow/grading';
import { createLifecycle, shutdownOnSignals } from '@gradeflow/lifecycle';
import { createLogger } from '@gradeflow/logger';
import { createJobMetrics, createProducer, createWorkerGroup } from '@gradeflow/queue';
import { createActivityTail, createAskRedis, createCacheWriter } from '@gradeflow/redis';
import { createSpool } from '@gradeflow/spool';
import { createFileStorage } from '@gradeflow/storage';
import { createRegistry, serveMetrics } from '@gradeflow/telemetry';
import { GradingEnv } from './env.ts';
import { createModelContexts } from './model/model-context.ts';
import { createModelMetrics } from './model/model-metrics.ts';
import { readModelPrices } from './model/model-prices.ts';
import { createGradeSubmission } from './processors/grade-submission.ts';

const shutdownMs = 20_000;
const env = loadConfig(GradingEnv, process.env);
const log = createLogger({ name: 'worker-grading', level: env.LOG_LEVEL });
const lifecycle = createLifecycle((name, error) => log.error({ err: error, resource: name }, 'was not closed in time'));
shutdownOnSignals(lifecycle, shutdownMs);

const registry = createRegistry('worker-grading');
const queueAt = { url: env.REDIS_QUEUE_URL, prefix: env.QUEUE_PREFIX, log };
const database = createDatabase({
  url: env.DATABASE_URL,
  onWrite: (tags) => cache.invalidate(tags),
  onRecord: (events) => activityTail.add(events),
});
lifecycle.add('database', () => database.close());
const cache = createCacheWriter({
  url: env.REDIS_CACHE_URL,
  epochs: database.cacheEpochs,
  name: 'worker-grading-cache',
  onError: (error) => log.debug({ detail: error.message }, 'cache Redis'),
});
lifecycle.add('cache', cache.close);
const activityTail = createActivityTail(createAskRedis(cache.redis));
const producer = createProducer(queueAt);
lifecycle.add('producer', () => producer.close());
const spool = createSpool({ root: path.resolve(env.DATA_DIR, 'spool') });
const storage = createFileStorage({ root: path.resolve(env.DATA_DIR, 'storage') });
const prices = readModelPrices(env);
const grader = createGrader({ ...env, maxReplyTokens: prices?.maxReplyTokens }, { log });
const metrics = createModelMetrics(registry);
const modelContextOf = createModelContexts({ database, model: env.OPENAI_MODEL ?? '', prices, metrics });

const instance = env.INSTANCE_ID === undefined ? {} : { instanceId: env.INSTANCE_ID };
const workers = createWorkerGroup({
  ...queueAt,
  ...instance,
  metrics: createJobMetrics(registry),
  allowEviction: env.QUEUE_ALLOW_EVICTION,
});
lifecycle.add('workers', (remainingMs) => workers.close(remainingMs * 0.8));
workers.start(gradeSubmission, createGradeSubmission({ database, spool, storage, producer, grader, modelContextOf }), {
  concurrency: env.GRADING_CONCURRENCY,
  observer: createStageObserver({ stages: database.stages, submissions: database.submissions, spool }, 'grade'),
});
if (env.METRICS_PORT !== undefined) {
  const listener = await serveMetrics({ registry, port: env.METRICS_PORT, host: env.METRICS_HOST, healthy: () => true });
  lifecycle.add('metrics', () => listener.close());
}
log.info({ grader: grader.kind, concurrency: env.GRADING_CONCURRENCY }, 'grading');
