import { createDatabase, type Database } from '@gradeflow/database';
import { startPostgres } from '@gradeflow/embedded-services';
import { uuidv7 } from 'uuidv7';
import { seedPeople } from '../../e2e/gateways.ts';
import { type Installation, type RedisSection, withInstallation } from '../redis/installation.ts';
import { table } from '../support/figures.ts';
import { whilePaused } from './pause.ts';
import { askStock, startStockInsert } from './stock-servers.ts';

const writers = 8;
const stockDeadlineMs = 10_000;

export const postgresWrites: RedisSection = {
  name: 'postgres-writes',
  title: 'Postgres killed and paused in the middle of writes',
  run: ({ quick }) => withInstallation((installation) => measure(installation, quick ? 1 : 3)),
};

async function measure(installation: Installation, rounds: number): Promise<string[]> {
  const lines: string[] = [];
  const kills: Array<Awaited<ReturnType<typeof killInTheMiddle>>> = [];
  const pauses: Array<Awaited<ReturnType<typeof pauseInTheMiddle>>> = [];
  for (let round = 0; round < rounds; round++) {
    pauses.push(await pauseInTheMiddle(installation));
    kills.push(await killInTheMiddle(installation));
  }
  const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);
  lines.push(
    `${writers} writers insert rows through packages/database; Postgres is killed (-9, all its processes) among them and started again; ${rounds} rounds.`,
    '',
    ...table(
      ['acknowledged', 'of these lost', 'failed, to be repeated', 'up again → first success, slowest, ms'],
      [
        [
          sum(kills.map(({ acknowledged }) => acknowledged)),
          sum(kills.map(({ lost }) => lost)),
          sum(kills.map(({ failed }) => failed)),
          Math.max(...kills.map(({ firstMs }) => firstMs)).toFixed(0),
        ],
      ],
    ),
    '',
    `The same writers while Postgres is paused (SIGSTOP, all its processes) for 3 s; beside them one insert by Prisma with nothing said, given up after ${stockDeadlineMs / 1_000} s of a longer pause.`,
    '',
    ...table(
      ['', 'longest call ms', 'calls that failed', 'still unanswered at the end'],
      [
        ['packages/database', Math.max(...pauses.map(({ longestMs }) => longestMs)).toFixed(0), sum(pauses.map(({ failed }) => failed)), 0],
        ['Prisma as it comes', '–', '–', `${sum(pauses.map(({ stockHung }) => stockHung))} of ${pauses.length}`],
      ],
    ),
  );
  return lines;
}

/** Writes until told to stop; ids of what was acknowledged. */
function startWriters(database: Database, author: { id: string; institutionId: string }) {
  const seen = {
    acknowledged: [] as string[],
    failed: 0,
    longestMs: 0,
    lastSuccessAt: 0,
    firstSuccessAfter: (_at: number) => Promise.resolve(0),
  };
  let stopped = false;
  const waiting = new Set<{ after: number; resolve: (at: number) => void }>();
  seen.firstSuccessAfter = (after) => new Promise<number>((resolve) => waiting.add({ after, resolve }));
  const writer = async () => {
    while (!stopped) {
      const id = uuidv7();
      const began = performance.now();
      try {
        await insert(database, id, author);
        seen.acknowledged.push(id);
        for (const waiter of waiting) if (began >= waiter.after && waiting.delete(waiter)) waiter.resolve(performance.now());
      } catch {
        seen.failed += 1;
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
      seen.longestMs = Math.max(seen.longestMs, performance.now() - began);
    }
  };
  const running = Promise.all(Array.from({ length: writers }, writer));
  return {
    seen,
    stop: async () => {
      stopped = true;
      await running;
    },
  };
}

function insert(database: Database, id: string, { id: createdBy, institutionId }: { id: string; institutionId: string }): Promise<unknown> {
  const languages = ['eng'];
  const rest = { anonymous: false, release: 'IMMEDIATE' as const, reviewBelow: 0.8, sampleShare: 0, regradeUntil: null };
  return database.assessments.insert({ id, institutionId, createdBy, courseId: null, title: 'An exam', languages, ...rest }, null);
}

async function makeAuthor(database: Database): Promise<{ id: string; institutionId: string }> {
  const [person] = await seedPeople(database, 'TEACHER', 1);
  const user = person && (await database.users.find(person.id));
  if (!user) throw new Error('nobody was made');
  return user;
}

async function killInTheMiddle({ database, services, place }: Installation) {
  const author = await makeAuthor(database);
  const { seen, stop } = startWriters(database, author);
  await seen.firstSuccessAfter(performance.now() + 1_000);
  services.postgres.kill();
  await services.postgres.ended;
  services.postgres = await startPostgres({ dataDir: place.dataDir, log: () => {} });
  const upAt = performance.now();
  const firstMs = (await seen.firstSuccessAfter(upAt)) - upAt;
  await stop();
  const missing = await Promise.all(seen.acknowledged.map(async (id) => ((await database.assessments.find(id)) === null ? 1 : 0)));
  return { acknowledged: seen.acknowledged.length, failed: seen.failed, firstMs, lost: missing.reduce<number>((sum, one) => sum + one, 0) };
}

async function pauseInTheMiddle({ database, services, place }: Installation) {
  const author = await makeAuthor(database);
  const own = createDatabase({ url: place.databaseUrl });
  const stock = await startStockInsert(place.databaseUrl);
  if (!(await askStock(stock, stockDeadlineMs))) throw new Error('Prisma does not write');
  const { seen, stop } = startWriters(own, author);
  await seen.firstSuccessAfter(performance.now() + 500);
  await whilePaused([services.postgres.pid], () => new Promise((resolve) => setTimeout(resolve, 3_000)));
  await seen.firstSuccessAfter(performance.now());
  await stop();
  const began = performance.now();
  await whilePaused([services.postgres.pid], () => askStock(stock, stockDeadlineMs));
  const hung = performance.now() - began >= stockDeadlineMs;
  await stock.stop();
  await own.close();
  return { longestMs: seen.longestMs, failed: seen.failed, stockHung: hung ? 1 : 0 };
}
