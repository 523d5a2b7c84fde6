import { randomUUID } from 'node:crypto';
import { createProducer } from '@gradeflow/queue';
import { waitFor } from '@gradeflow/testing';
import { Redis } from 'ioredis';
import { createDice } from '../../chaos/dice.ts';
import { makeSheetKinds } from '../../chaos/sheets.ts';
import { startWorld, type World } from '../../chaos/world.ts';
import { type Session, signIn } from '../../e2e/fleet.ts';
import { median, table } from '../support/figures.ts';
import type { DurabilitySection } from './section.ts';
import { withClosers } from './servers.ts';
import { duration, now, startWorker, type WorkerEvent, type WorkerSettings } from './worker-process.ts';

/** Default of QUEUE_PREFIX. */
const prefix = '{gradeflow}';
const awayMs = 12_000;
const capMs = 40_000;

/** What is hurt, who looks, and what is uploaded. */
interface Site {
  world: World;
  redis: Redis;
  /** Uploads a scanned sheet that nobody has read before; gives the submission's id. */
  upload(): Promise<string>;
  teacher: Session;
}

export const recovery: DurabilitySection = {
  name: 'recovery',
  title: 'Work flows again',
  run: ({ quick }) =>
    withClosers(async (later) => {
      const world = await startWorld();
      later(world.stop);
      const redis = new Redis(world.redis.target(), { maxRetriesPerRequest: null, retryStrategy: () => 10, disconnectTimeout: 100 });
      redis.on('error', () => {}); // It is killed on purpose.
      later(async () => redis.disconnect());
      const teacher = await signIn(world.fleet, 'TEACHER');
      const { scanned } = await makeSheetKinds(createDice(1), { typed: 0, scanned: 1 });
      let uploads = 0;
      const upload = async () => {
        uploads += 1;
        const file = await scanned[0]?.make(uploads);
        if (!file) throw new Error('there is no sheet');
        const { id, response } = await teacher.upload(world.fleet.demo.assessmentId, file, `sheet ${uploads}`);
        if (response.status !== 202) throw new Error(`the upload was answered ${response.status}`);
        return id;
      };
      const site: Site = { world, redis, upload, teacher };
      await teacher.follow(await upload());
      // No more: the supervisor waits longer before each restart of a program that dies again and again.
      const kills = await repeat(quick ? 1 : 2, () => killReader(site));
      const flushes = await repeat(quick ? 1 : 4, () => flush(site));
      const leaderless = await repeat(quick ? 1 : 2, () => flush(site, () => world.killApp('worker-ingest')));
      const returns = await repeat(quick ? 1 : 2, () => killRedis(site, quick ? 2_000 : awayMs));
      const row = (name: string, wanted: string, times: readonly number[], stock: string) => [
        ...[name, wanted, times.length, duration(median(times)), duration(Math.max(...times)), stock],
      ];
      return [
        `The processes of \`npm start\`, scanned sheets. Stock: one of BullMQ's workers on the same Redis, killed for ${awayMs / 1_000} s; what the others leave to it is in the sections above.`,
        '',
        ...table(
          ['', 'wanted', 'trials', 'median', 'slowest', 'stock, slowest'],
          [
            row('kill -9 of the only reading worker → its page runs again in the restarted one', '≤ 5 s', kills, '–'),
            row('FLUSHALL with a sheet accepted → a lost step runs again', '≤ 15 s', flushes, 'never'),
            row('… and the process that reconciles killed at the same moment', '≤ 15 s', leaderless, 'never'),
            row(
              `Redis back after ${awayMs / 1_000} s → a step of a sheet accepted meanwhile runs`,
              '≤ 5 s',
              returns.map(({ ours }) => ours),
              duration(Math.max(...returns.map(({ stock }) => stock))),
            ),
          ],
        ),
      ];
    }),
};

async function repeat<T>(count: number, trial: () => Promise<T>): Promise<T[]> {
  const outcomes: T[] = [];
  for (let i = 0; i < count; i++) outcomes.push(await trial());
  return outcomes;
}

const jobKey = (queue: string, jobId: string) => `${prefix}:${queue}:${jobId}`;

/** Milliseconds since 1970 of the latest start of a job, to the millisecond; 0 when it was not started or is not there. */
async function startedAt(redis: Redis, queue: string, jobId: string): Promise<number> {
  return Number((await redis.hget(jobKey(queue, jobId), 'processedOn')) ?? 0);
}

async function killReader({ world, redis, upload, teacher }: Site): Promise<number> {
  const id = await upload();
  const active = () => redis.lrange(`${prefix}:read-page:active`, 0, -1);
  await waitFor(async () => (await active()).length > 0, { everyMs: 2, timeoutMs: capMs, what: 'a page to be read' });
  const killed = now();
  world.killApp('worker-ocr');
  const [held] = await active();
  if (held === undefined) throw new Error('the page was read before the worker could be killed');
  const again = async () => Math.max(0, (await startedAt(redis, 'read-page', held)) - killed);
  const ms = await waitFor(again, { everyMs: 5, timeoutMs: capMs, what: 'the page to run again' });
  await teacher.follow(id);
  return ms;
}

/** `alongside` happens at the same moment. */
async function flush({ world, redis, upload, teacher }: Site, alongside = () => {}): Promise<number> {
  const id = await upload();
  await waitFor(() => redis.exists(jobKey('extract-sheet', `extract-sheet_${id}_1`)), { everyMs: 2, what: 'the flow' });
  alongside();
  await world.flushRedis();
  const lost = now();
  const again = async () => Math.max(0, (await startedAt(redis, 'extract-sheet', `extract-sheet_${id}_1`)) - lost);
  const ms = await waitFor(again, { everyMs: 5, timeoutMs: capMs, what: 'the step to run again' });
  await teacher.follow(id);
  return ms;
}

async function killRedis({ world, redis, upload, teacher }: Site, ms: number): Promise<{ ours: number; stock: number }> {
  return withClosers(async (later) => {
    const settings: WorkerSettings = {
      ...{ url: world.redis.target(), prefix: '{stock}', kind: 'stock', queues: { 'build-report': { ms: 0 } }, concurrency: 1 },
    };
    const events: WorkerEvent[] = [];
    const worker = await startWorker(settings, events);
    later(() => worker.end('SIGKILL'));
    const producer = createProducer(settings);
    later(producer.close);
    const away = world.redis.killFor(ms);
    const id = await upload();
    await away;
    const back = now();
    const reportId = randomUUID();
    await waitFor(() => producer.enqueueReport(reportId).then(() => true), { everyMs: 5, what: 'the queue' });
    const stockStart = () => events.find(({ event, jobId }) => event === 'start' && jobId?.endsWith(reportId));
    const [stock, ours] = await Promise.all([
      waitFor(stockStart, { everyMs: 5, timeoutMs: capMs, what: 'the stock worker' }),
      waitFor(() => startedAt(redis, 'extract-sheet', `extract-sheet_${id}_1`), { everyMs: 5, timeoutMs: capMs, what: 'the step' }),
    ]);
    await teacher.follow(id);
    return { ours: Math.max(0, ours - back), stock: stock.at - back };
  });
}
