/**
 * A worker process whose life is measured: Gradeflow's worker shell, or BullMQ's `Worker` as its documentation starts and stops it. Prints one JSON line
 * an event (`BenchWorkerEvent`). Argument: `BenchWorkerSettings` as JSON.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { jobCatalog } from '@gradeflow/contracts';
import { createLifecycle, shutdownOnSignals } from '@gradeflow/lifecycle';
import { createLogger } from '@gradeflow/logger';
import type { BenchWorkerEvent, BenchWorkerSettings } from '@gradeflow/testing';
import { Worker } from 'bullmq';
import { Redis } from 'ioredis';
import { createWorkerGroup, type Processor } from '../index.ts';

/** As the apps give it to `shutdownOnSignals`. */
const shutdownMs = 9_000;

/** Results that the job types accept. */
const results: Record<string, unknown> = {
  'extract-sheet': { pagesTotal: 1, pagesUnreadable: 0, pagesBlank: 0 },
  'persist-file': { files: 1 },
  'record-metadata': { duplicateOf: null },
  'grade-submission': { status: 'SKIPPED', gradingId: null },
  'build-report': { bytes: 1 },
};

const settings = JSON.parse(process.argv[2] ?? '{}') as BenchWorkerSettings;
const startsKey = `${settings.prefix}:bench-starts`;
// The bench's own note of what was started before: the job's counters are part of what is measured.
const notes = new Redis(settings.url, { maxRetriesPerRequest: null, retryStrategy: () => 100 }).on('error', () => {});
if (settings.kind === 'gradeflow') startGradeflow();
else startStock();

function tell(event: Omit<BenchWorkerEvent, 'at' | 'pid'>): void {
  const at = performance.timeOrigin + performance.now();
  process.stdout.write(`${JSON.stringify({ ...event, pid: process.pid, at } satisfies BenchWorkerEvent)}\n`);
}

async function work(queue: string, jobId: string, triesUsed: number, signal?: AbortSignal): Promise<unknown> {
  tell({ event: 'start', queue, jobId, triesUsed });
  const task = settings.queues[queue];
  if (task === 'hold') {
    if ((await notes.hincrby(startsKey, jobId, 1)) === 1)
      await sleep(3_600_000, undefined, { signal: signal ?? new AbortController().signal });
  } else await sleep(task?.ms ?? 0, undefined, signal && { signal });
  tell({ event: 'end', queue, jobId, triesUsed });
  return results[queue];
}

function startGradeflow(): void {
  const lifecycle = createLifecycle();
  shutdownOnSignals(lifecycle, shutdownMs);
  const { url, prefix, concurrency } = settings;
  const log = createLogger({ name: 'bench-worker', level: 'silent' });
  const instanceId = process.env.INSTANCE_ID;
  const group = createWorkerGroup({ url, prefix, log, ...(instanceId !== undefined && { instanceId }) });
  lifecycle.add('workers', group.close);
  for (const definition of jobCatalog.filter(({ name }) => name in settings.queues)) {
    const processor: Processor<typeof definition> = ({ jobId, attempt, signal }) => work(definition.name, jobId, attempt - 1, signal);
    group.start(definition, processor, { concurrency });
  }
  void tellWhenAnnounced(group.instanceId);
}

/** A worker takes jobs once its record is there. */
async function tellWhenAnnounced(instanceId: string): Promise<void> {
  const workers = Object.keys(settings.queues);
  for (;;) {
    const record = await notes.hget(`${settings.prefix}:heartbeats`, instanceId);
    if (record !== null && workers.every((queue) => record.includes(`"${queue}"`))) return tell({ event: 'ready' });
    await sleep(10);
  }
}

function startStock(): void {
  const { hostname: host, port } = new URL(settings.url);
  const { prefix, concurrency, stock } = settings;
  const workers = Object.keys(settings.queues).map((queue) => {
    const processor = (job: { id?: string; attemptsMade: number }) => work(queue, job.id ?? '', job.attemptsMade);
    return new Worker(queue, processor, { connection: { host, port: Number(port) }, prefix, concurrency, ...stock }).on('error', () => {});
  });
  void Promise.all(workers.map((worker) => worker.waitUntilReady())).then(() => tell({ event: 'ready' }));
  process.once('disconnect', () => process.exit(0));
  process.once('SIGTERM', () => void Promise.all(workers.map((worker) => worker.close())).then(() => process.exit(0)));
}
