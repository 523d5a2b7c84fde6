import path from 'node:path';
import { loadConfig } from '@gradeflow/config';
import { buildReport } from '@gradeflow/contracts';
import { createDatabase } from '@gradeflow/database';
import { createLifecycle, shutdownOnSignals } from '@gradeflow/lifecycle';
import { createLogger } from '@gradeflow/logger';
import { createJobMetrics, createWorkerGroup } from '@gradeflow/queue';
import { createFileStorage } from '@gradeflow/storage';
import { createRegistry, serveMetrics } from '@gradeflow/telemetry';
import { WorkerReportsEnv } from './env.ts';
import { createBuildReport } from './processors/build-report.ts';
import { createReportObserver } from './report-observer.ts';

const name = 'worker-reports';
const env = loadConfig(WorkerReportsEnv, process.env);
const log = createLogger({ name, level: env.LOG_LEVEL });
const lifecycle = createLifecycle((resource, err) => log.warn({ resource, err }, 'did not close'));
shutdownOnSignals(lifecycle, 9_000);

const registry = createRegistry(name);
if (env.METRICS_PORT !== undefined) {
  const server = await serveMetrics({ registry, port: env.METRICS_PORT, host: env.METRICS_HOST, healthy: () => true });
  lifecycle.add('metrics', server.close);
}
const database = createDatabase({ url: env.DATABASE_URL, applicationName: name });
lifecycle.add('database', database.close);
const storage = createFileStorage({ root: path.join(env.DATA_DIR, 'storage') });
const instance = env.INSTANCE_ID === undefined ? {} : { instanceId: env.INSTANCE_ID };
const workers = createWorkerGroup({
  url: env.REDIS_QUEUE_URL,
  prefix: env.QUEUE_PREFIX,
  log,
  ...instance,
  metrics: createJobMetrics(registry),
  allowEviction: env.QUEUE_ALLOW_EVICTION,
});
lifecycle.add('workers', workers.close);

workers.start(buildReport, createBuildReport({ database, storage }), { concurrency: 2, observer: createReportObserver(database.reports) });
log.info('started');
