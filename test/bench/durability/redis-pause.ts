import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { createProducer } from '@gradeflow/queue';
import { waitFor } from '@gradeflow/testing';
import { table } from '../support/figures.ts';
import type { DurabilitySection } from './section.ts';
import { type Later, openRedis, withClosers } from './servers.ts';
import { duration, now, startWorker, type WorkerEvent, type WorkerSettings } from './worker-process.ts';

const workMs = 9_000;
const pauseMs = 10_000;
/** A second run begins at the next stall check, which is two seconds away at most, or after three beats. */
const watchMs = 6_000;

interface Contestant {
  name: string;
  wanted: string;
  settings: Pick<WorkerSettings, 'kind' | 'stock'>;
}

const contestants: readonly Contestant[] = [
  { name: 'Gradeflow', wanted: 'once', settings: { kind: 'gradeflow' } },
  {
    name: 'stock, lock 5 s, stall check each 2 s',
    wanted: '–',
    settings: { kind: 'stock', stock: { lockDuration: 5_000, stalledInterval: 2_000 } },
  },
  { name: 'stock, defaults (lock 30 s)', wanted: '–', settings: { kind: 'stock' } },
];

interface Outcome {
  jobs: number;
  runTwice: number;
  /** From the end of the pause until the queue knew that the last job had completed. */
  doneMs: number;
}

export const redisPause: DurabilitySection = {
  name: 'redis-pause',
  title: 'Redis stands still for 10 s in the middle of a 9 s job',
  run: ({ quick }) =>
    withClosers(async (later) => {
      const redis = await openRedis(later, { persist: false });
      const sides = await Promise.all(contestants.map((contestant, index) => openSide(redis.url, `{side-${index}}`, contestant, later)));
      const outcomes: Outcome[] = sides.map(() => ({ jobs: 0, runTwice: 0, doneMs: 0 }));
      for (let round = 0; round < (quick ? 1 : 2); round++) {
        const batches = await Promise.all(sides.map((side) => side.startJobs(2)));
        process.kill(redis.pid, 'SIGSTOP');
        await sleep(pauseMs);
        process.kill(redis.pid, 'SIGCONT');
        const resumed = now();
        await Promise.all(sides.map((side, index) => side.noteEnd(outcomes[index] as Outcome, batches[index] ?? [], resumed)));
        await sleep(watchMs);
        for (const [index, side] of sides.entries()) side.count(outcomes[index] as Outcome, batches[index] ?? []);
      }
      return [
        `SIGSTOP of Redis for ${pauseMs / 1_000} s one second after the jobs began, two worker processes a side with room for all of them, the same pauses for all sides.`,
        '',
        ...table(
          ['', 'wanted', 'jobs', 'run twice', 'last one known as completed, after the pause'],
          outcomes.map(({ jobs, runTwice, doneMs }, index) => {
            const contestant = contestants[index];
            return [contestant?.name ?? '', contestant?.wanted ?? '', jobs, runTwice, duration(doneMs)];
          }),
        ),
      ];
    }),
};

/** Two workers of one kind on queues of their own. */
async function openSide(url: string, prefix: string, { settings }: Contestant, later: Later) {
  const full: WorkerSettings = { url, prefix, queues: { 'build-report': { ms: workMs } }, concurrency: 4, ...settings };
  const events: WorkerEvent[] = [];
  const workers = [await startWorker(full, events), await startWorker(full, events)];
  for (const worker of workers) later(() => worker.end('SIGKILL'));
  const producer = createProducer({ url, prefix });
  later(producer.close);
  const of = (what: WorkerEvent['event'], id: string) => events.filter(({ event, jobId }) => event === what && jobId?.endsWith(id));
  return {
    async startJobs(count: number): Promise<string[]> {
      const ids = Array.from({ length: count }, () => randomUUID());
      for (const id of ids) await waitFor(() => producer.enqueueReport(id).then(() => true), { what: 'the queue' });
      await waitFor(() => ids.every((id) => of('start', id).length > 0), { what: 'the jobs to start' });
      await sleep(1_000);
      return ids;
    },
    async noteEnd(outcome: Outcome, ids: string[], resumed: number): Promise<void> {
      const completed = async (id: string) => (await producer.reportState(id)) === 'completed';
      for (const id of ids) await waitFor(() => completed(id), { timeoutMs: 40_000, what: 'the job to be completed' });
      outcome.doneMs = Math.max(outcome.doneMs, now() - resumed);
    },
    count(outcome: Outcome, ids: string[]): void {
      outcome.jobs += ids.length;
      outcome.runTwice += ids.filter((id) => of('start', id).length > 1).length;
    },
  };
}
