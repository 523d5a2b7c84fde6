import { randomUUID } from 'node:crypto';
import { createProducer, type JobProducer } from '@gradeflow/queue';
import { createTcpLink, waitFor } from '@gradeflow/testing';
import { median, table } from '../support/figures.ts';
import type { DurabilitySection } from './section.ts';
import { openRedis, withClosers } from './servers.ts';
import { duration, now, startWorker, type WorkerEvent, type WorkerSettings } from './worker-process.ts';

const stockCapMs = 20_000;

export const halfOpen: DurabilitySection = {
  name: 'half-open',
  title: 'A half-open link to Redis',
  run: ({ quick }) =>
    withClosers(async (later) => {
      const redis = await openRedis(later, { persist: false });
      const trials = quick ? 1 : 8;
      const capMs = quick ? 2_000 : stockCapMs;
      const stockTrials = Array.from({ length: quick ? 1 : 2 }, (_, trial) =>
        breakWorker(redis.url, `{stock-${trial}}`, 'stock', 1, capMs),
      );
      const stock = Promise.all(stockTrials);
      const worker = await breakWorker(redis.url, '{worker}', 'gradeflow', trials, stockCapMs);
      const producer = await breakProducer(redis.url, '{producer}', trials);
      const row = (name: string, wanted: string, times: Array<number | null>) => {
        const known = times.filter((ms) => ms !== null);
        const slowest = known.length === times.length ? duration(Math.max(...known)) : duration(null, capMs);
        return [name, wanted, times.length, known.length > 0 ? duration(median(known)) : '–', slowest];
      };
      return [
        'A proxy stops carrying what goes over the open connections and tells nobody; new connections work. Time from then until a job that is added runs in the worker, which was idle, or until the producer has added one.',
        '',
        ...table(
          ['', 'wanted', 'trials', 'median', 'slowest'],
          [row('worker', '≤ 5 s', worker), row('producer', '≤ 5 s', producer), row('stock worker', '–', (await stock).flat())],
        ),
      ];
    }),
};

/** One worker process behind the link; null: not within the cap, and no further trial. */
async function breakWorker(
  url: string,
  prefix: string,
  kind: WorkerSettings['kind'],
  trials: number,
  capMs: number,
): Promise<Array<number | null>> {
  return withClosers(async (later) => {
    const link = await createTcpLink(url);
    later(link.close);
    const events: WorkerEvent[] = [];
    const worker = await startWorker({ url: link.url, prefix, kind, queues: { 'build-report': { ms: 0 } }, concurrency: 1 }, events);
    later(() => worker.end('SIGKILL'));
    const producer = createProducer({ url, prefix });
    later(producer.close);
    const run = async (timeoutMs: number) => {
      const id = await addReport(producer);
      const start = () => events.find(({ event, jobId }) => event === 'start' && jobId?.endsWith(id));
      return (await waitFor(start, { everyMs: 5, timeoutMs, what: 'the job to run' })).at;
    };
    await run(10_000);
    const times: Array<number | null> = [];
    for (let trial = 0; trial < trials; trial++) {
      // At every part of the beat.
      await new Promise((resolve) => setTimeout(resolve, 500 + (1_000 * trial) / trials));
      link.silenceOpenConnections();
      const broken = now();
      const started = await run(capMs).catch(() => null);
      times.push(started === null ? null : started - broken);
      if (started === null) break;
    }
    return times;
  });
}

async function breakProducer(url: string, prefix: string, trials: number): Promise<number[]> {
  return withClosers(async (later) => {
    const link = await createTcpLink(url);
    later(link.close);
    const producer = createProducer({ url: link.url, prefix });
    later(producer.close);
    const times: number[] = [];
    await addReport(producer);
    for (let trial = 0; trial < trials; trial++) {
      link.silenceOpenConnections();
      const broken = now();
      await addReport(producer);
      times.push(now() - broken);
    }
    return times;
  });
}

/** Adds until it is taken; gives the report's id. */
async function addReport(producer: JobProducer): Promise<string> {
  const id = randomUUID();
  await waitFor(() => producer.enqueueReport(id).then(() => true), { everyMs: 20, timeoutMs: 20_000, what: 'the queue' });
  return id;
}
