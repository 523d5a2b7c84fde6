import path from 'node:path';
import { loadConfig } from '@gradeflow/config';
import { createDatabase } from '@gradeflow/database';
import { hasModel } from '@gradeflow/grading';
import { createLifecycle, shutdownOnSignals } from '@gradeflow/lifecycle';
import { createLogger } from '@gradeflow/logger';
import { createBoardQueues, createProducer, createQueueLook } from '@gradeflow/queue';
import { createReadingPool, listLanguageData } from '@gradeflow/reading';
import { connectFast, createActivityTail, createAskRedis, createCache } from '@gradeflow/redis';
import { createSpool } from '@gradeflow/spool';
import { createFileStorage } from '@gradeflow/storage';
import { createRegistry } from '@gradeflow/telemetry';
import { createApp } from './app.ts';
import { loadAuthSecret } from './auth/auth-secret.ts';
import { GatewayEnv, rateBudgetsOf, spoolLimitsOf } from './env.ts';
import { withHotReads } from './http/hot-reads.ts';
import { redisMetrics } from './http/redis-metrics.ts';
import { isAway } from './http/send-cached.ts';
import { routes } from './routes.ts';
import { startServer } from './server.ts';
import { createServices, type GatewayPorts } from './services.ts';
import { listSweeps, sweepAll } from './sweeps.ts';
import { version } from './version.ts';
import { warmUp } from './warm-up.ts';

const shutdownMs = 25_000;
/** What is swept lives for a day at least; a few minutes more do no harm. */
const sweepMs = 600_000;
/** Longer without any change is standing still: an ordinary step is over by then. */
const standstillMs = 10_000;
/** The reconciler looks twice, two seconds apart, before it acts, and a round takes a moment. */
const reconcileGraceMs = 4_000;
const env = loadConfig(GatewayEnv, process.env);
const log = createLogger({ name: 'gateway', level: env.LOG_LEVEL });
const lifecycle = createLifecycle((name, error) => log.error({ err: error, resource: name }, 'was not closed in time'));
shutdownOnSignals(lifecycle, shutdownMs);

const queueAt = { url: env.REDIS_QUEUE_URL, prefix: env.QUEUE_PREFIX, log };
const maxBytes = Math.floor(env.MAX_UPLOAD_MB * 1024 * 1024);
const cacheRedis = connectFast(env.REDIS_CACHE_URL, {
  name: 'gradeflow-gateway-cache',
  onError: (error) => log.debug({ detail: error.message }, 'cache Redis'),
});
const registry = createRegistry('gateway');
const activityTail = createActivityTail(createAskRedis(cacheRedis, { onAsked: redisMetrics(registry)('live') }));
const database = createDatabase({
  url: env.DATABASE_URL,
  onWrite: (tags) => cache.invalidate(tags),
  onRecord: (events) => activityTail.add(events),
});
const cache = createCache({
  url: env.REDIS_CACHE_URL,
  redis: cacheRedis,
  epochs: database.cacheEpochs,
  name: 'gradeflow-gateway-cache',
  isAway,
  onAsked: redisMetrics(registry)('cache'),
});
const ports: GatewayPorts = {
  database,
  spool: createSpool({ root: path.resolve(env.DATA_DIR, 'spool') }),
  storage: createFileStorage({ root: path.resolve(env.DATA_DIR, 'storage') }),
  // Kept for an hour without work: an upload never waits for a process to start.
  reading: createReadingPool({ size: 2, limits: { maxPages: env.MAX_PAGES, maxPagePixels: env.MAX_PAGE_PIXELS }, idleMs: 3_600_000, log }),
  producer: createProducer(queueAt),
  boardQueues: createBoardQueues(queueAt),
  queueLook: createQueueLook(queueAt),
  cacheRedis,
  cache,
  activityTail,
  registry,
  log,
};
lifecycle.add('database', () => ports.database.close());
lifecycle.add('queue', () => Promise.all([ports.producer.close(), ports.boardQueues.close(), ports.queueLook.close()]));
lifecycle.add('cache Redis', () => ports.cacheRedis.disconnect());
lifecycle.add('cache', () => ports.cache.close());
lifecycle.add('reading', () => ports.reading.close());

const services = createServices(ports, {
  authSecret: await loadAuthSecret({ given: env.AUTH_SECRET, dataDir: env.DATA_DIR }),
  uploadLimits: { maxBytes, maxPages: env.MAX_PAGES },
  spoolLimits: spoolLimitsOf(env),
  rateBudgets: rateBudgetsOf(env),
  redisDeadlineMs: 50,
  idempotencyLeaseMs: 10_000,
  registrationOpen: env.REGISTRATION === 'open',
  meta: {
    version,
    limits: { maxUploadMb: env.MAX_UPLOAD_MB, maxPages: env.MAX_PAGES, maxPagePixels: env.MAX_PAGE_PIXELS },
    languages: (await listLanguageData({ ocrDataDir: env.OCR_DATA_DIR })).map(({ language }) => language),
    features: {
      registration: env.REGISTRATION === 'open',
      mail: env.SMTP_URL !== undefined,
      model: hasModel(env),
    },
  },
  operatorEmails: env.OPERATOR_EMAILS,
  metricsToken: env.METRICS_TOKEN ?? null,
  publicUrl: env.PUBLIC_URL ?? null,
  uploadLookupMs: 250,
  standstill: { afterMs: standstillMs, reconcileMs: env.RECONCILE_INTERVAL_MS + reconcileGraceMs },
});
lifecycle.add('work after answers', () => services.background.drained());

await ports.spool.prepare();
// Counted before the first upload comes: it would wait for that.
await services.spoolRoom.figures();
await warmUp(ports);
const sweep = () => sweepAll(listSweeps(services, ports.database), log);
void sweep();
const sweeping = setInterval(() => void sweep(), sweepMs);
lifecycle.add('sweeps', () => clearInterval(sweeping));
const app = createApp(ports, services, {
  checkResponses: env.CHECK_RESPONSES && env.NODE_ENV !== 'production',
  trustProxy: env.TRUST_PROXY ?? false,
});
const server = await startServer(withHotReads(app, routes, { services, registry: ports.registry, log }), {
  host: env.HOST,
  port: env.PORT,
});
lifecycle.add('http', (remainingMs) => server.close(remainingMs * 0.8));
// First of all: the server waits for whoever waits.
lifecycle.add('waiting readers', () => activityTail.close());
log.info({ url: server.url }, 'listening');
