import path from 'node:path';
import { loadConfig } from '@gradeflow/config';
import { deliverNotification, mailSecret } from '@gradeflow/contracts';
import { createDatabase } from '@gradeflow/database';
import { createLifecycle, shutdownOnSignals } from '@gradeflow/lifecycle';
import { createLogger } from '@gradeflow/logger';
import { createMailer } from '@gradeflow/mail';
import { createJobMetrics, createWorkerGroup } from '@gradeflow/queue';
import { connectFast, createOneTimeSecrets } from '@gradeflow/redis';
import { createRegistry, serveMetrics } from '@gradeflow/telemetry';
import { WorkerNotificationsEnv } from './env.ts';
import { createDeliverNotification } from './processors/deliver-notification.ts';
import { createMailSecret } from './processors/mail-secret.ts';

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
const cacheRedis = connectFast(env.REDIS_CACHE_URL, {
  name: 'gradeflow-notifications-cache',
  onError: (error) => log.debug({ detail: error.message }, 'cache Redis'),
});
lifecycle.add('cache', () => cacheRedis.disconnect());
const mailer = createMailer({ smtpUrl: env.SMTP_URL ?? null, folder: path.resolve(env.DATA_DIR, 'mail'), from: env.MAIL_FROM });
lifecycle.add('mail', mailer.close);
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
const secrets = {
  codes: createOneTimeSecrets(cacheRedis, 'verification'),
  resetTokens: createOneTimeSecrets(cacheRedis, 'password-reset'),
};
const publicUrl = env.PUBLIC_URL ?? `http://localhost:${env.PORT}`;
workers.start(mailSecret, createMailSecret({ database, mailer, publicUrl, ...secrets }), { concurrency: 4 });
log.info('started');
