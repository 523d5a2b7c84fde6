import path from 'node:path';
import { seedPeople, signInAt } from '../../e2e/gateways.ts';
import { type Installation, type RedisSection, withInstallation } from '../redis/installation.ts';
import { startScript } from '../redis/load.ts';
import { median, table } from '../support/figures.ts';
import { whilePaused } from './pause.ts';
import { startStockAdd, startStockInsert } from './stock-servers.ts';
import { createUploader, emptyFiles, makeAssessment, type Uploader, uploadBody } from './upload-client.ts';

const deadlineMs = 3_000;
const perRound = 40;

interface Lap {
  ms: number[];
  unanswered: number;
}

export const acceptLatency: RedisSection = {
  name: 'accept-latency',
  title: 'How soon an upload is accepted while Redis or Postgres stands still',
  run: ({ quick }) => withInstallation((installation) => measure(installation, quick ? 1 : 7)),
};

async function measure({ database, place, services, start }: Installation, rounds: number): Promise<string[]> {
  const gateway = await start();
  const [person] = await seedPeople(database, 'TEACHER', 1);
  if (!person) throw new Error('nobody was made');
  const authorization = await signInAt(gateway, person);
  const ours = createUploader(`${gateway.url}${await makeAssessment(gateway, authorization)}`, authorization);
  const adder = await startStockAdd(services.queue.url);
  const inserter = await startStockInsert(services.postgres.url);
  const script = await startScript('test/bench/durability/sequential-server.ts', adder.line, inserter.line, place.dataDir);
  const usual = createUploader(`${script.line}/upload`);
  const states = [
    { title: 'all well', pids: [] },
    { title: 'both Redis paused', pids: [services.queue.pid, services.cache.pid] },
    { title: 'Postgres paused', pids: [services.postgres.pid] },
  ];
  const seen = states.map((): { ours: Lap; usual: Lap } => ({ ours: { ms: [], unanswered: 0 }, usual: { ms: [], unanswered: 0 } }));
  try {
    const body = await uploadBody(100_000);
    for (let round = -1; round < rounds; round++)
      for (const [index, { pids }] of states.entries()) {
        const lap = await whilePaused(pids, async () => ({
          ours: await uploads(ours, body, perRound),
          // One that hangs says what forty would.
          usual: await uploads(usual, body, pids.length > 0 ? 1 : perRound),
        }));
        if (round >= 0) for (const who of ['ours', 'usual'] as const) add(seen[index]?.[who], lap[who]);
        for (const folder of ['spool', 'sequential']) await emptyFiles(path.join(place.dataDir, folder));
        await answersAgain(ours, usual, body);
      }
  } finally {
    ours.close();
    usual.close();
    await Promise.all([script.stop(), adder.stop(), inserter.stop()]);
  }
  const healthy = median(seen[0]?.ours.ms ?? []);
  const rows = states.map(({ title }, index) => {
    const { ours: own, usual: other } = seen[index] ?? { ours: { ms: [], unanswered: 0 }, usual: { ms: [], unanswered: 0 } };
    const middle = median(own.ms);
    return [title, middle.toFixed(2), (middle / healthy).toFixed(2), Math.max(...own.ms).toFixed(0), own.unanswered, ofUsual(other)];
  });
  return [
    `100 KB, one after another, ${perRound} a round, ${rounds} rounds in turn; ms as the client sees them. Beside the gateway a handler as one would write it first (body to the disk, a row by Prisma, a job by BullMQ, 202; nothing synced). Paused servers are stopped (SIGSTOP) with all their processes.`,
    '',
    ...table(['', 'gateway, p50', '× all well', 'slowest', 'without answer', 'usual handler, p50'], rows),
  ];
}

function ofUsual({ ms, unanswered }: Lap): string {
  if (unanswered === 0) return median(ms).toFixed(2);
  return `${unanswered} of ${unanswered + ms.length} without answer after ${deadlineMs / 1_000} s`;
}

function add(sum: Lap | undefined, lap: Lap): void {
  sum?.ms.push(...lap.ms);
  if (sum) sum.unanswered += lap.unanswered;
}

async function uploads(uploader: Uploader, body: Buffer, count: number): Promise<Lap> {
  const lap: Lap = { ms: [], unanswered: 0 };
  for (let sent = 0; sent < count; sent++) {
    const outcome = await uploader.send(body, deadlineMs).catch(() => null);
    if (outcome?.status === 202) lap.ms.push(outcome.ms);
    else lap.unanswered += 1;
  }
  return lap;
}

/** The next state begins when both take uploads again. */
async function answersAgain(ours: Uploader, usual: Uploader, body: Buffer): Promise<void> {
  for (const uploader of [ours, usual]) {
    const { ms } = await uploads(uploader, body, 5);
    if (ms.length === 0) throw new Error('no upload is answered after the pause');
  }
}
