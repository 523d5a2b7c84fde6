import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { chooseFreePort, type EmbeddedService, startRedis } from '@gradeflow/embedded-services';
import { createTempDir } from '@gradeflow/testing';
import { repository } from '../../e2e/fleet.ts';
import { median, table } from '../support/figures.ts';
import type { RedisSection } from './installation.ts';

type Kind = 'ours' | 'stock';
interface Tried {
  outcome: 'ok' | 'error' | 'hung';
  ms: number;
}
interface Lap {
  /** While Redis is away: each call's time until it was refused, or the cap. */
  calls: Tried[];
  /** From the moment at which Redis answers again to the first job that it takes. */
  back: Tried;
}
interface Probe {
  add(): Promise<Tried>;
  untilTaken(): Promise<Tried>;
  close(): Promise<void>;
}

/** Longest that a call or a recovery is waited for. */
const capMs = 3_000;
const backCapMs = 20_000;
const titles = { 'never up': 'never up since the start', killed: 'was up, killed', paused: 'paused (SIGSTOP)' } as const;
type Fault = keyof typeof titles;
const faults = Object.keys(titles) as Fault[];
/** What is promised. */
const bars: Record<Fault, { refusedMs: number; backMs: number }> = {
  'never up': { refusedMs: 10, backMs: 500 },
  killed: { refusedMs: 10, backMs: 500 },
  paused: { refusedMs: 600, backMs: 500 },
};

/** What the gateway's producer does while the queue Redis is away, beside a queue of BullMQ with its defaults; each in a process of its own. */
export const enqueue: RedisSection = {
  name: 'enqueue',
  title: 'Adding a job while Redis is away',
  run: async ({ quick }) => {
    const rounds = quick ? 1 : 7;
    const laps = new Map<string, Lap[]>();
    for (let round = 0; round < rounds; round++)
      for (const fault of faults)
        for (const kind of ['ours', 'stock'] as const) {
          // What stock does takes seconds each time; three of them show it.
          if (kind === 'stock' && round >= 3) continue;
          const name = `${fault} ${kind}`;
          laps.set(name, [...(laps.get(name) ?? []), await runLap(fault, kind)]);
        }
    return report(laps, rounds);
  },
};

async function runLap(fault: Fault, kind: Kind): Promise<Lap> {
  const folder = await createTempDir();
  const port = await chooseFreePort();
  const start = () => startRedis({ dataDir: folder.path, port, log: () => {}, persist: false });
  let redis: EmbeddedService | null = fault === 'never up' ? null : await start();
  const probe = await startProbe(kind, `redis://127.0.0.1:${port}`);
  try {
    if (redis) await probe.untilTaken();
    if (redis && fault === 'killed') {
      redis.kill();
      await redis.ended;
    }
    if (redis && fault === 'paused') process.kill(redis.pid, 'SIGSTOP');
    const calls: Tried[] = [];
    for (let call = 0; call < (kind === 'ours' ? 10 : 1); call++) calls.push(await probe.add());
    if (redis && fault === 'paused') process.kill(redis.pid, 'SIGCONT');
    else redis = await start();
    return { calls, back: await probe.untilTaken() };
  } finally {
    await redis?.stop();
    await probe.close();
    await folder.remove();
  }
}

async function startProbe(kind: Kind, url: string): Promise<Probe> {
  const options = JSON.stringify({ kind, url, capMs, backCapMs });
  const child = spawn(process.execPath, ['packages/queue/src/testing/enqueue-probe.ts', options], {
    cwd: repository,
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const next = async () => (await lines.next()).value as string;
  const ask = async (command: string): Promise<Tried> => {
    child.stdin.write(`${command}\n`);
    return JSON.parse(await next());
  };
  await next();
  return {
    add: () => ask('add'),
    untilTaken: () => ask('until-taken'),
    close: async () => {
      const ended = once(child, 'exit');
      child.kill('SIGKILL');
      await ended;
    },
  };
}

function report(laps: Map<string, Lap[]>, rounds: number): string[] {
  const rows = faults.flatMap((fault) =>
    (['ours', 'stock'] as const).map((kind) => {
      const of = laps.get(`${fault} ${kind}`) ?? [];
      const calls = of.flatMap((lap) => lap.calls);
      const bar = bars[fault];
      return [
        titles[fault],
        kind === 'ours' ? 'Gradeflow' : 'stock',
        calls.length,
        outcomes(calls),
        figure(
          calls,
          calls.map(({ ms }) => ms),
        ),
        kind === 'ours' ? `≤ ${bar.refusedMs}` : '',
        figure(
          of.map(({ back }) => back),
          of.map(({ back }) => back.ms),
        ),
        kind === 'ours' ? `≤ ${bar.backMs}` : '',
      ];
    }),
  );
  return [
    `${rounds} rounds (${Math.min(rounds, 3)} of stock), each with a Redis and a producer's process of its own. A call that neither failed nor succeeded within ${capMs / 1_000} s counts as hung; a recovery is counted from Redis' first answer (or SIGCONT) and waited for as long as ${backCapMs / 1_000} s. "Stock" is \`new Queue(name, {connection: {host, port}})\`.`,
    '',
    ...table(
      [
        'Redis',
        'producer',
        'calls',
        'ended',
        'ms until they did, median (max)',
        'bar',
        'ms until a job is taken again, median (max)',
        'bar',
      ],
      rows,
    ),
  ];
}

function outcomes(calls: readonly Tried[]): string {
  const counts = Map.groupBy(calls, ({ outcome }) => outcome);
  return [...counts].map(([outcome, of]) => `${of.length} ${outcome}`).join(', ');
}

function figure(tried: readonly Tried[], ms: readonly number[]): string {
  const more = tried.some(({ outcome }) => outcome === 'hung') ? '> ' : '';
  return `${more}${median(ms).toFixed(1)} (${more}${Math.max(...ms).toFixed(1)})`;
}
