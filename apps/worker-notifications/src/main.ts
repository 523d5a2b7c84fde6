import { loadConfig } from '@gradeflow/config';
import { deliverNotification } from '@gradeflow/contracts';
import { createDatabase } from '@gradeflow/database';
import { createLifecycle, shutdownOnSignals } from '@gradeflow/lifecycle';
import { createLogger } from '@gradeflow/logger';
import { createJobMetrics, createWorkerGroup } from '@gradeflow/queue';
import { createRegistry, serveMetrics } from '@gradeflow/telemetry';
import { WorkerNotificationsEnv } from './env.ts';
import { createDeliverNotification } from './processors/deliver-notification.ts';

const name = 'worker-notifications';
const env = loadConfig(WorkerNotificationsEnv, process.env);
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

workers.start(deliverNotification, createDeliverNotification({ database }), { concurrency: 8 });
log.info('started');
