import path from 'node:path';
import { loadConfig } from '@gradeflow/config';
import { persistFile, recordMetadata, type StageName } from '@gradeflow/contracts';
import { createDatabase, createRecordQuestionPaper, createStageObserver } from '@gradeflow/database';
import { createLifecycle, shutdownOnSignals } from '@gradeflow/lifecycle';
import { createLogger } from '@gradeflow/logger';
import { createJobMetrics, createProducer, createWorkerGroup } from '@gradeflow/queue';
import { createCacheWriter } from '@gradeflow/redis';
import { createSpool } from '@gradeflow/spool';
import { createFileStorage } from '@gradeflow/storage';
import { createRegistry, serveMetrics } from '@gradeflow/telemetry';
import { WorkerIngestEnv } from './env.ts';
import { createPersistFile } from './processors/persist-file.ts';
import { createRecordMetadata } from './processors/record-metadata.ts';
import { startLeaseKeeper } from './reconcile/lease-keeper.ts';
import { createReconciler, startReconciling } from './reconcile/reconcile.ts';
import { createRecordSubmission } from './record-submission.ts';

const name = 'worker-ingest';
const env = loadConfig(WorkerIngestEnv, process.env);
const log = createLogger({ name, level: env.LOG_LEVEL });
const lifecycle = createLifecycle((resource, err) => log.warn({ resource, err }, 'did not close'));
shutdownOnSignals(lifecycle, 9_000);

const registry = createRegistry(name);
const queue = { url: env.REDIS_QUEUE_URL, prefix: env.QUEUE_PREFIX, log };
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
const producer = createProducer(queue);
lifecycle.add('producer', producer.close);
const instance = env.INSTANCE_ID === undefined ? {} : { instanceId: env.INSTANCE_ID };
const workers = createWorkerGroup({ ...queue, ...instance, metrics: createJobMetrics(registry), allowEviction: env.QUEUE_ALLOW_EVICTION });
lifecycle.add('workers', workers.close);

const { submissions } = database;
const recordSubmission = createRecordSubmission(database);
const stage = (stageName: StageName) => createStageObserver({ ...database, spool }, stageName);
workers.start(persistFile, createPersistFile({ spool, storage, submissions }), { concurrency: 8, observer: stage('persist') });
workers.start(recordMetadata, createRecordMetadata({ spool, submissions, recordSubmission }), {
  concurrency: 16,
  observer: stage('record'),
});
const lease = startLeaseKeeper({ leases: database.leases, log });
lifecycle.add('lease', lease.close);
const reconcile = createReconciler({
  lease,
  ...{ spool, storage, database, producer, log },
  recordSubmission,
  recordQuestionPaper: createRecordQuestionPaper(database),
});
const reconciler = startReconciling(reconcile, { intervalMs: env.RECONCILE_INTERVAL_MS, log });
lifecycle.add('reconciler', reconciler.close);
log.info('started');
