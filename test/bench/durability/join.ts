import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { createDatabase } from '@gradeflow/database';
import { createProducer } from '@gradeflow/queue';
import { createReadingPool } from '@gradeflow/reading';
import { waitFor } from '@gradeflow/testing';
import { demoFile } from '../../e2e/fleet.ts';
import { type GatewayProcess, seedPeople, signInAt, startGateway } from '../../e2e/gateways.ts';
import { median, table } from '../support/figures.ts';
import type { DurabilitySection } from './section.ts';
import { openDatabase, openFolder, openRedis, withClosers } from './servers.ts';
import { duration, now, quantile, startWorker, type WorkerEvent } from './worker-process.ts';

/** A step waits so long; grading begins when the other three are done, so 250 ms are on the way. */
const steps = { 'extract-sheet': { ms: 200 }, 'persist-file': { ms: 50 }, 'record-metadata': { ms: 30 }, 'grade-submission': { ms: 50 } };
const readers = 4;
const readerNice = 10;

/** One stretch of measuring. */
interface Lap {
  flowMs: number[];
  promiseMs: number[];
  httpMs: number[];
}

export const join: DurabilitySection = {
  name: 'join',
  title: 'The join, alone and beside reading',
  run: ({ quick }) =>
    withClosers(async (later) => {
      const dataDir = await openFolder(later);
      const redis = await openRedis(later, { dataDir, persist: true });
      const databaseUrl = await openDatabase(later, dataDir);
      const gateway = await startGateway({ dataDir, databaseUrl, queueUrl: redis.url, cacheUrl: redis.url });
      later(gateway.stop);
      const authorization = await signIn(gateway, databaseUrl);
      const [url, prefix] = [redis.url, '{join}'];
      const events: WorkerEvent[] = [];
      const worker = await startWorker({ url, prefix, kind: 'gradeflow', queues: steps, concurrency: 4 }, events);
      later(() => worker.end('SIGKILL'));
      const producer = createProducer({ url, prefix });
      later(producer.close);
      const runFlow = async () => {
        const submissionId = randomUUID();
        const began = now();
        await producer.enqueueSubmission({ submissionId, run: 1 });
        const end = () =>
          events.find(({ event, queue, jobId }) => event === 'end' && queue === 'grade-submission' && jobId?.includes(submissionId));
        return (await waitFor(end, { everyMs: 20, what: 'the grading' })).at - began;
      };
      const flows = quick ? 2 : 12;
      const measure = async (lap: Lap) => {
        await readProfiles(gateway, authorization, 10);
        let going = true;
        const reading = (async () => {
          while (going) lap.httpMs.push(...(await readProfiles(gateway, authorization, 10)));
        })();
        for (let flow = 0; flow < flows; flow++) {
          lap.flowMs.push(await runFlow());
          lap.promiseMs.push(await runInProcess());
        }
        going = false;
        await reading;
      };
      await waitFor(() => runFlow().then(() => true), { what: 'the first flow' });
      const laps = { idle: emptyLap(), nice: emptyLap(), stock: emptyLap() };
      for (let round = 0; round < (quick ? 1 : 2); round++) {
        await measure(laps.idle);
        await withReaders(dataDir, readerNice, () => measure(laps.nice));
        await withReaders(dataDir, 0, () => measure(laps.stock));
      }
      return report(laps);
    }),
};

const emptyLap = (): Lap => ({ flowMs: [], promiseMs: [], httpMs: [] });

/** The same waiting without a queue. */
async function runInProcess(): Promise<number> {
  const began = now();
  await Promise.all([sleep(steps['extract-sheet'].ms), sleep(steps['persist-file'].ms), sleep(steps['record-metadata'].ms)]);
  await sleep(steps['grade-submission'].ms);
  return now() - began;
}

async function signIn(gateway: GatewayProcess, databaseUrl: string): Promise<string> {
  const database = createDatabase({ url: databaseUrl });
  try {
    const [person] = await seedPeople(database, 'TEACHER', 1);
    if (!person) throw new Error('nobody was seeded');
    return await signInAt(gateway, person);
  } finally {
    await database.close();
  }
}

/** Requests one after another, a hundred a second: what a browser feels, not how much fits in. Gives the milliseconds of each. */
async function readProfiles(gateway: GatewayProcess, authorization: string, count: number): Promise<number[]> {
  const times: number[] = [];
  for (let request = 0; request < count; request++) {
    const began = now();
    const answer = await fetch(`${gateway.url}/v1/users/me`, { headers: { authorization } });
    await answer.arrayBuffer();
    times.push(now() - began);
    if (answer.status !== 200) throw new Error(`the gateway answered ${answer.status}`);
    await sleep(10);
  }
  return times;
}

/** Work while so many of the product's reading processes read a scanned page again and again. */
async function withReaders(folder: string, nice: number, work: () => Promise<void>): Promise<void> {
  const limits = { maxPages: 500, maxPagePixels: 100_000_000 };
  const pool = createReadingPool({ size: readers, limits, nice, ocrDataDir: `${folder}/tessdata` });
  const file = { absolutePath: demoFile('sheet-1.pdf'), mediaType: 'application/pdf' as const };
  let pages = 0;
  let going = true;
  const read = async () => {
    while (going) {
      await pool.readPage({ file, filePage: 1, number: 1, languages: ['eng'] });
      pages += 1;
    }
  };
  const reading = Array.from({ length: readers }, read);
  try {
    await waitFor(() => pages >= readers, { timeoutMs: 60_000, what: 'the readers' });
    await work();
  } finally {
    going = false;
    await Promise.all(reading);
    await pool.close();
  }
}

function report({ idle, nice, stock }: Record<'idle' | 'nice' | 'stock', Lap>): string[] {
  const row = (name: string, { flowMs, promiseMs, httpMs }: Lap) => [
    ...[name, flowMs.length, duration(median(flowMs)), duration(quantile(flowMs, 0.99)), duration(median(promiseMs))],
    ...[httpMs.length, duration(median(httpMs)), duration(quantile(httpMs, 0.99))],
  ];
  const times = (value: number) => `${value.toFixed(2)} ×`;
  const flow = (lap: Lap) => times(median(lap.flowMs) / median(idle.flowMs));
  const http = (lap: Lap) => times(quantile(lap.httpMs, 0.99) / quantile(idle.httpMs, 0.99));
  return [
    `Flows of three steps that wait 200, 50 and 30 ms and a grading of 50 ms, one at a time through one worker process; \`Promise.all\` of the same waits in one process in between; meanwhile \`GET /v1/users/me\` at the gateway, one request after another. Beside ${readers} of the product's reading processes on a scanned page, with their priority (nice ${readerNice}) and with that which a child process has by itself (nice 0).`,
    '',
    ...table(
      ['', 'flows', 'flow median', 'flow p99', 'Promise.all median', 'requests', 'request median', 'request p99'],
      [row('idle', idle), row(`${readers} readers, nice ${readerNice}`, nice), row(`${readers} readers, nice 0`, stock)],
    ),
    '',
    ...table(
      ['', 'wanted', 'reached', 'stock (nice 0)'],
      [
        ['flow median to `Promise.all` median, idle', '≤ 1.05 ×', times(median(idle.flowMs) / median(idle.promiseMs)), '–'],
        ['flow median beside readers to idle', '≤ 1.3 ×', flow(nice), flow(stock)],
        ['request p99 beside readers to idle', '≤ 2 ×', http(nice), http(stock)],
      ],
    ),
  ];
}
