import { chmod, mkdir } from 'node:fs/promises';
import path from 'node:path';
import type { Writable } from 'node:stream';
import { applyMigrations, createDatabase } from '@gradeflow/database';
import { getLocalSecret, offerTesseract } from '@gradeflow/embedded-services';
import { createLifecycle, type Lifecycle } from '@gradeflow/lifecycle';
import { handBackJobs } from '@gradeflow/queue';
import { demoRecordPath, writeSecretFile } from '../demo/demo-record.ts';
import { runDemo } from '../demo/run-demo.ts';
import { seedDemo } from '../demo/seed-demo.ts';
import type { CliEnv } from '../env.ts';
import { describeFleet } from './fleet.ts';
import { assertPortFree } from './http-port.ts';
import { waitUntilReady } from './readiness.ts';
import { renderLogLine } from './render-log-line.ts';
import { lockDataDir } from './run-lock.ts';
import { type LocalServices, startServices } from './services.ts';
import { listenForStop } from './stop-request.ts';
import { createSupervisor, type Supervisor } from './supervisor.ts';

/** How long an app may take to finish what it has begun. */
const graceMs = 10_000;
/** Gateway, workers, Postgres and Redis one after another, each at its slowest. */
const shutdownMs = 50_000;

interface LocalRun {
  env: CliEnv;
  watch: boolean;
  out: Writable;
  log: (line: string) => void;
  lifecycle: Lifecycle;
  /** Aborted when the run is to end. */
  signal: AbortSignal;
  /** Registers what a second Ctrl-C ends at once. */
  onKill: (kill: () => void) => void;
}

/**
 * The whole of Gradeflow on this machine, in the foreground: servers, migrations, demo, one supervised process an app. Serves until a signal comes,
 * then stops the gateway, the workers, Postgres and Redis, in this order. Resolves with the exit code. Throws AppError
 * when it cannot begin, with everything stopped that had been started.
 */
export async function runLocally(options: { env: CliEnv; watch: boolean; out: Writable }): Promise<number> {
  const { env, watch, out } = options;
  const log = (line: string) => void out.write(`${line}\n`);
  const kills: Array<() => void> = [];
  const stop = listenForStop(process, {
    onSecond: () => {
      for (const kill of kills.reverse()) kill();
      process.exit(130);
    },
  });
  const lifecycle = createLifecycle((name, error) =>
    log(`${name} did not stop well: ${error instanceof Error ? error.message : String(error)}`),
  );
  const run: LocalRun = { env, watch, out, log, lifecycle, signal: stop.signal, onKill: (kill) => void kills.push(kill) };
  try {
    await begin(run);
    await stop.requested;
  } catch (error) {
    if (!stop.signal.aborted) {
      await lifecycle.shutdown(shutdownMs);
      throw error;
    }
  }
  log('Stopping (once more Ctrl-C ends everything at once)');
  const unclosed = await lifecycle.shutdown(shutdownMs);
  log('Stopped');
  return unclosed.length === 0 ? 0 : 1;
}

/** From nothing to "ready"; between the steps it looks whether to go on. */
async function begin(run: LocalRun): Promise<void> {
  const { env, lifecycle, signal, log } = run;
  const url = `http://localhost:${env.PORT}`;
  await makePrivate(env.DATA_DIR);
  const unlock = await lockDataDir(env.DATA_DIR);
  lifecycle.add('lock', unlock);
  await assertPortFree(env.HOST, env.PORT);
  const services = await startServices(run);
  if (env.OCR_INSTALL === 'auto' && env.OCR_ENGINE !== 'tesseract.js') installTesseract(run);
  const { applied } = await applyMigrations({ url: services.DATABASE_URL });
  log(applied.length > 0 ? `Database: ${applied.length} migrations applied` : 'Database is up to date');
  signal.throwIfAborted();
  const firstRun = await seed(run, services.DATABASE_URL, url);
  signal.throwIfAborted();
  startFleet(run, { ...services, AUTH_SECRET: process.env.AUTH_SECRET || (await getLocalSecret(env.DATA_DIR, 'auth')) });
  log('Starting the gateway and the workers');
  await waitUntilReady({ url: localAddress(env), signal, log });
  log(`Gradeflow is ready: ${url} (Ctrl-C stops it)`);
  if (firstRun) await showDemo(run);
}

/**
 * Answer sheets are nobody else's business on a shared machine: what this process and its children make is for its user alone. The folder itself may be
 * passed through, not listed: Postgres may have to run as another account.
 */
async function makePrivate(dataDir: string): Promise<void> {
  process.umask(0o077);
  if (await mkdir(dataDir, { recursive: true })) await chmod(dataDir, 0o711);
}

/** In the background: reading processes that start later find it. What has begun is not cut off when the run ends. */
function installTesseract({ lifecycle, log }: LocalRun): void {
  const installed = offerTesseract({ log });
  lifecycle.add('installation of tesseract', () => installed);
}

async function seed(run: LocalRun, databaseUrl: string, url: string): Promise<boolean> {
  const database = createDatabase({ url: databaseUrl });
  try {
    const { created, demo } = await seedDemo({ database, dataDir: run.env.DATA_DIR, url, log: run.log });
    // Another PORT than last time.
    if (demo && demo.url !== url) await writeSecretFile(demoRecordPath(run.env.DATA_DIR), { ...demo, url });
    return created;
  } finally {
    await database.close();
  }
}

/** One sheet through the gateway, shown to the person. What goes wrong there is told, and is no reason to stop serving. */
async function showDemo(run: LocalRun): Promise<void> {
  const { env, out, signal, log } = run;
  try {
    await runDemo({ url: localAddress(env), dataDir: env.DATA_DIR, out, signal });
  } catch (error) {
    signal.throwIfAborted();
    log(`The demo did not come through: ${error instanceof Error ? error.message : String(error)}`);
  }
}

function startFleet(run: LocalRun, settings: LocalServices & { AUTH_SECRET: string }): Supervisor {
  const { env, lifecycle, log } = run;
  const supervisor = createSupervisor({
    onLine: (name, line) => log(renderLogLine(name, line)),
    onNotice: (text) => log(renderLogLine('supervisor', text)),
    onExit: (instanceId) => {
      handBackJobs({ url: settings.REDIS_QUEUE_URL, prefix: env.QUEUE_PREFIX, instanceId }).catch((error: unknown) => {
        // Not lost: the other workers notice the missing heartbeat and do the same.
        log(
          renderLogLine(
            'supervisor',
            `jobs of ${instanceId} could not be handed back: ${error instanceof Error ? error.message : String(error)}`,
          ),
        );
      });
    },
  });
  run.onKill(() => supervisor.kill());
  const { gateway, workers } = describeFleet({ watch: run.watch, env: fleetEnvironment(env, settings) });
  // Closed last first: the gateway, which drains, before the workers.
  lifecycle.add('workers', () =>
    supervisor.stop(
      workers.map(({ name }) => name),
      graceMs,
    ),
  );
  lifecycle.add('gateway', () => supervisor.stop([gateway.name], graceMs));
  for (const program of [gateway, ...workers]) supervisor.start(program);
  return supervisor;
}

/** What the apps read; everything that the person has set besides (models, limits) goes through as it is. */
function fleetEnvironment(env: CliEnv, settings: LocalServices & { AUTH_SECRET: string }): NodeJS.ProcessEnv {
  return {
    ...process.env,
    ...settings,
    QUEUE_PREFIX: env.QUEUE_PREFIX,
    DATA_DIR: env.DATA_DIR,
    LOG_LEVEL: env.LOG_LEVEL,
    HOST: env.HOST,
    PORT: String(env.PORT),
    NODE_COMPILE_CACHE: path.join(env.DATA_DIR, 'run', 'compile-cache'),
  };
}

/** Where this machine itself reaches the gateway. */
function localAddress(env: CliEnv): string {
  const host = env.HOST === '0.0.0.0' || env.HOST === '::' ? '127.0.0.1' : env.HOST;
  return `http://${host.includes(':') ? `[${host}]` : host}:${env.PORT}`;
}
