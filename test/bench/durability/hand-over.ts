import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { createProducer } from '@gradeflow/queue';
import { waitFor } from '@gradeflow/testing';
import { repository } from '../../e2e/fleet.ts';
import { median, table } from '../support/figures.ts';
import type { DurabilitySection } from './section.ts';
import { openRedis, withClosers } from './servers.ts';
import {
  duration,
  endProcess,
  linesOf,
  now,
  quantile,
  startWorker,
  tied,
  type WorkerEvent,
  type WorkerProcess,
  type WorkerSettings,
  workerCommand,
} from './worker-process.ts';

const jobsATime = 3;
const stockCapMs = 60_000;
const queues = { 'build-report': 'hold' } as const;

/** What became of the jobs that a killed worker held. */
interface HandOver {
  /** From the kill to each job's start elsewhere. */
  ms: number[];
  kills: number;
  triesUsed: number;
}

export const handOver: DurabilitySection = {
  name: 'hand-over',
  title: 'A worker is killed in the middle of its jobs',
  run: ({ quick }) =>
    withClosers(async (later) => {
      const redis = await openRedis(later, { persist: false });
      const capMs = quick ? 2_000 : stockCapMs;
      // The stock ones wait for their stall check while the others are measured.
      const stockTrials = Array.from({ length: quick ? 1 : 3 }, (_, trial) => killStock(redis.url, `{stock-${trial}}`, capMs));
      const stock = Promise.all(stockTrials);
      const supervised = await killSupervised(redis.url, quick ? 4 : 40);
      const alone = await killUnseen(redis.url, quick ? 1 : 6);
      return describe(supervised, alone, { times: await stock, capMs });
    }),
};

/** Two workers under the supervisor of the local run: one that holds jobs is killed, again and again. */
async function killSupervised(url: string, kills: number): Promise<HandOver> {
  return withClosers(async (later) => {
    const prefix = '{supervised}';
    const settings: WorkerSettings = { url, prefix, kind: 'gradeflow', queues, concurrency: 20 };
    const programs = ['a', 'b'].map((name) => JSON.stringify({ name, command: process.execPath, args: workerCommand(settings) }));
    const script = `${repository}/apps/cli/src/local-run/testing/supervise.ts`;
    const supervisor = tied(spawn(process.execPath, [script, url, prefix, ...programs], { stdio: ['ignore', 'pipe', 'ignore', 'ipc'] }));
    later(() => endProcess(supervisor, 'SIGTERM', 5_000));
    const events: WorkerEvent[] = [];
    linesOf(supervisor).on('line', (line) => events.push(JSON.parse(line.slice(line.indexOf('{'))) as WorkerEvent));
    const ready = (count: number) =>
      waitFor(() => events.filter(({ event }) => event === 'ready').length >= count, {
        everyMs: 5,
        timeoutMs: 20_000,
        what: 'the workers',
      });
    const producer = createProducer({ url, prefix });
    later(producer.close);
    const total: HandOver = { ms: [], kills: 0, triesUsed: 0 };
    while (total.kills < kills) {
      await ready(2 + total.kills);
      const holder = await findHolder(events, () => addReports(producer, events));
      await killHolder(holder, events, total, 10_000);
    }
    return total;
  });
}

/** Two workers of which nobody is told when one dies: the other sees that it is silent. */
async function killUnseen(url: string, kills: number): Promise<HandOver> {
  return withClosers(async (later) => {
    const settings: WorkerSettings = { url, prefix: '{unseen}', kind: 'gradeflow', queues, concurrency: 20 };
    const producer = createProducer(settings);
    later(producer.close);
    const events: WorkerEvent[] = [];
    const start = async () => {
      const worker = await startWorker(settings, events);
      later(() => worker.end('SIGKILL'));
    };
    await Promise.all([start(), start()]);
    const total: HandOver = { ms: [], kills: 0, triesUsed: 0 };
    while (total.kills < kills) {
      const holder = await findHolder(events, () => addReports(producer, events));
      await killHolder(holder, events, total, 20_000);
      await start();
    }
    return total;
  });
}

/** The same with two of BullMQ's workers. Null: not within the cap. */
async function killStock(url: string, prefix: string, capMs: number): Promise<number | null> {
  return withClosers(async (later) => {
    const settings: WorkerSettings = { url, prefix, kind: 'stock', queues, concurrency: 20 };
    const producer = createProducer(settings);
    later(producer.close);
    const events: WorkerEvent[] = [];
    const workers: WorkerProcess[] = await Promise.all([startWorker(settings, events), startWorker(settings, events)]);
    for (const worker of workers) later(() => worker.end('SIGKILL'));
    const holder = await findHolder(events, () => addReports(producer, events));
    const total: HandOver = { ms: [], kills: 0, triesUsed: 0 };
    try {
      await killHolder(holder, events, total, capMs);
    } catch {
      return null;
    }
    return Math.max(...total.ms);
  });
}

/** Jobs that were started last by this process and have not ended. */
function heldBy(pid: number, events: readonly WorkerEvent[]): string[] {
  const last = new Map<string, WorkerEvent>();
  for (const event of events) if (event.jobId) last.set(event.jobId, event);
  return [...last].filter(([, event]) => event.event === 'start' && event.pid === pid).map(([jobId]) => jobId);
}

async function findHolder(events: readonly WorkerEvent[], addJobs: () => Promise<void>): Promise<number> {
  const holders = () => [...new Set(events.map(({ pid }) => pid))].filter((pid) => heldBy(pid, events).length > 0);
  if (holders().length === 0) await addJobs();
  const [holder] = holders();
  if (holder === undefined) throw new Error('nobody took the jobs');
  return holder;
}

async function addReports(producer: ReturnType<typeof createProducer>, events: readonly WorkerEvent[]): Promise<void> {
  const ids = Array.from({ length: jobsATime }, () => randomUUID());
  for (const id of ids) await waitFor(() => producer.enqueueReport(id).then(() => true), { what: 'the queue' });
  const started = (id: string) => events.some(({ event, jobId }) => event === 'start' && jobId?.endsWith(id));
  await waitFor(() => ids.every(started), { everyMs: 5, what: 'the jobs to start' });
}

async function killHolder(pid: number, events: readonly WorkerEvent[], total: HandOver, timeoutMs: number): Promise<void> {
  const jobs = heldBy(pid, events);
  const seen = events.length;
  const killed = now();
  process.kill(pid, 'SIGKILL');
  const restarts = () => events.slice(seen).filter(({ event, jobId }) => event === 'start' && jobs.includes(jobId ?? ''));
  await waitFor(() => restarts().length >= jobs.length, { everyMs: 5, timeoutMs, what: 'the jobs to start elsewhere' });
  total.ms.push(...restarts().map(({ at }) => at - killed));
  total.triesUsed += restarts().reduce((sum, { triesUsed = 0 }) => sum + triesUsed, 0);
  total.kills += 1;
}

function describe(supervised: HandOver, alone: HandOver, stock: { times: Array<number | null>; capMs: number }): string[] {
  const row = (name: string, wanted: string, { ms, kills, triesUsed }: HandOver) => [
    ...[name, wanted, kills, ms.length, duration(median(ms)), duration(quantile(ms, 0.99)), duration(Math.max(...ms)), triesUsed],
  ];
  const known = stock.times.filter((ms) => ms !== null);
  const worst = known.length === stock.times.length ? duration(Math.max(...known)) : duration(null, stock.capMs);
  return [
    'kill -9 of a worker process that holds jobs, another one being up with room for them, locks of 30 s; time from the kill to the start of each of its jobs in the other process.',
    '',
    ...table(
      ['', 'wanted', 'kills', 'jobs', 'median', 'p99', 'slowest', 'tries used up'],
      [
        row('the supervisor sees the exit', 'p99 ≤ 200 ms', supervised),
        row('nobody sees it: three missed beats', '≤ 5 s', alone),
        [
          'stock (lock 30 s, stall check each 30 s)',
          '–',
          stock.times.length,
          stock.times.length * jobsATime,
          known.length > 0 ? duration(median(known)) : '–',
          '–',
          worst,
          '–',
        ],
      ],
    ),
  ];
}
