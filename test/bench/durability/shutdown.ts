import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { chooseFreePort, type EmbeddedService, startRedis } from '@gradeflow/embedded-services';
import { createProducer } from '@gradeflow/queue';
import { waitFor } from '@gradeflow/testing';
import { repository } from '../../e2e/fleet.ts';
import { median, table } from '../support/figures.ts';
import type { DurabilitySection } from './section.ts';
import { openDatabase, openFolder, withClosers } from './servers.ts';
import { duration, endProcess, now, startWorker, tied, type WorkerEvent, type WorkerSettings } from './worker-process.ts';

const stockCapMs = 10_000;
const queues = { 'build-report': 'hold' } as const;
const apps = ['gateway', 'worker-ingest', 'worker-ocr', 'worker-grading', 'worker-reports', 'worker-notifications'];
const states = ['up', 'dead', 'paused'] as const;
type RedisState = (typeof states)[number];

interface Stop {
  /** Until the process was gone; null: not within the cap. */
  goneMs: number | null;
  /** Until its job had started elsewhere; null where that was not waited for. */
  elsewhereMs: number | null;
  triesUsed: number;
}

export const shutdown: DurabilitySection = {
  name: 'shutdown',
  title: 'SIGTERM in the middle of a long job',
  run: ({ quick }) =>
    withClosers(async (later) => {
      const dataDir = await openFolder(later);
      const databaseUrl = await openDatabase(later, dataDir);
      const rows: string[][] = [];
      for (const state of states) {
        const [ours, stock, idle] = await withRedis(`${dataDir}/${state}`, async (redis) => {
          const [own, theirs] = await Promise.all([openPair(redis.url, 'gradeflow'), openPair(redis.url, 'stock')]);
          const fleet = await startApps(dataDir, databaseUrl, redis.url);
          try {
            await hurt(redis, state);
            const rounds = state === 'up' && !quick ? 20 : 1;
            return await Promise.all([own.stopHolders(state, rounds), theirs.stopHolders(state, 1), fleet.stop()]);
          } finally {
            fleet.kill();
            await Promise.all([own.close(), theirs.close()]);
          }
        });
        rows.push(describe(`worker, Redis ${state}`, state === 'up' ? '≤ 200 ms, no try used; gone ≤ 2 s' : 'gone ≤ 2 s', ours));
        rows.push(describe(`stock worker, Redis ${state}`, '–', stock));
        const last = idle.toSorted((a, b) => (b.ms ?? Number.POSITIVE_INFINITY) - (a.ms ?? Number.POSITIVE_INFINITY))[0];
        const gone = `${duration(last?.ms ?? null)} (${last?.name})`;
        rows.push([`the six apps without work, Redis ${state}`, 'gone ≤ 2 s', String(apps.length), '–', '–', gone]);
      }
      return [
        'A worker process that holds a job without an end gets SIGTERM, another one being up with room for it; stock: `worker.close()` on SIGTERM. Dead: Redis was killed; paused: SIGSTOP, half a second before.',
        '',
        ...table(['', 'wanted', 'stops', 'job starts elsewhere, median and slowest', 'tries used up', 'gone, slowest'], rows),
      ];
    }),
};

async function withRedis<T>(dataDir: string, work: (redis: EmbeddedService) => Promise<T>): Promise<T> {
  const redis = await startRedis({ dataDir, log: () => {}, persist: false });
  try {
    return await work(redis);
  } finally {
    redis.kill();
    await redis.stop();
  }
}

async function hurt(redis: EmbeddedService, state: RedisState): Promise<void> {
  if (state === 'up') return;
  process.kill(redis.pid, state === 'dead' ? 'SIGKILL' : 'SIGSTOP');
  await sleep(500);
}

/** Two workers of one kind; whoever holds the job is told to stop and replaced. */
async function openPair(url: string, kind: WorkerSettings['kind']) {
  const settings: WorkerSettings = { url, prefix: `{${kind}}`, kind, queues, concurrency: 2 };
  const events: WorkerEvent[] = [];
  const workers = await Promise.all([startWorker(settings, events), startWorker(settings, events)]);
  const producer = createProducer(settings);
  const startsOf = (id: string) => events.filter(({ event, jobId }) => event === 'start' && jobId?.endsWith(id));
  const addJob = async () => {
    const id = randomUUID();
    await waitFor(() => producer.enqueueReport(id).then(() => true), { what: 'the queue' });
    await waitFor(() => startsOf(id).length > 0, { everyMs: 5, what: 'the job to start' });
    return id;
  };
  const first = await addJob();

  const stopHolder = async (id: string, waits: boolean): Promise<Stop> => {
    const holder = workers.find(({ child }) => child.pid === startsOf(id)[0]?.pid);
    if (!holder) throw new Error('nobody holds the job');
    const told = now();
    const gone = holder.end('SIGTERM', stockCapMs);
    const again = waits ? await waitFor(() => startsOf(id)[1], { everyMs: 5, timeoutMs: stockCapMs }).catch(() => null) : null;
    return { goneMs: await gone, elsewhereMs: again && again.at - told, triesUsed: again?.triesUsed ?? 0 };
  };

  return {
    async stopHolders(state: RedisState, rounds: number): Promise<Stop[]> {
      const stops = [await stopHolder(first, state === 'up')];
      while (stops.length < rounds) {
        workers.push(await startWorker(settings, events));
        stops.push(await stopHolder(await addJob(), true));
      }
      return stops;
    },
    async close(): Promise<void> {
      await Promise.all(workers.map((worker) => worker.end('SIGKILL')));
      await producer.close();
    },
  };
}

/** The real processes; resolves when all of them say that they have started. */
async function startApps(dataDir: string, databaseUrl: string, redisUrl: string) {
  const port = await chooseFreePort();
  const env = {
    ...{
      PATH: process.env.PATH,
      NODE_ENV: 'production',
      LOG_LEVEL: 'info',
      DATA_DIR: dataDir,
      DATABASE_URL: databaseUrl,
      PORT: String(port),
    },
    ...{ REDIS_QUEUE_URL: redisUrl, REDIS_CACHE_URL: redisUrl },
  };
  const start = (name: string) =>
    tied(spawn(process.execPath, [`${repository}/apps/${name}/src/main.ts`], { env, stdio: ['ignore', 'pipe', 'inherit'] }));
  const children = apps.map(start);
  const output = children.map(() => '');
  for (const [index, { stdout }] of children.entries()) stdout.setEncoding('utf8').on('data', (text: string) => (output[index] += text));
  const kill = () => {
    for (const child of children) child.kill('SIGKILL');
  };
  try {
    await waitFor(() => output.every((text) => /"msg":"(started|listening|grading)"/.test(text)), { timeoutMs: 60_000, what: 'the apps' });
  } catch (error) {
    kill();
    throw error;
  }
  return {
    stop: () => Promise.all(children.map(async (child, index) => ({ name: apps[index], ms: await endProcess(child, 'SIGTERM', 30_000) }))),
    kill,
  };
}

function describe(name: string, wanted: string, stops: readonly Stop[]): string[] {
  const elsewhere = stops.map(({ elsewhereMs }) => elsewhereMs).filter((ms) => ms !== null);
  const gone = stops.map(({ goneMs }) => goneMs);
  const slowest = gone.includes(null) ? duration(null, stockCapMs) : duration(Math.max(...gone.filter((ms) => ms !== null)));
  const tries = String(stops.reduce((sum, { triesUsed }) => sum + triesUsed, 0));
  const known = elsewhere.length > 0;
  return [
    name,
    wanted,
    String(stops.length),
    known ? `${duration(median(elsewhere))}, ${duration(Math.max(...elsewhere))}` : '–',
    known ? tries : '–',
    slowest,
  ];
}
