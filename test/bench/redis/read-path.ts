import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import autocannon from 'autocannon';
import { repository } from '../../e2e/fleet.ts';
import { seedPeople, signInAt } from '../../e2e/gateways.ts';
import { median, table } from '../support/figures.ts';
import { cpuSecondsOf } from '../support/run-program.ts';
import { type RedisSection, withInstallation } from './installation.ts';

const connections = 50;

/** What is asked of one server. */
interface Target {
  title: string;
  pid: number;
  url: string;
  /** Headers of each connection. */
  headers: readonly Record<string, string>[];
  /** Expected of every answer. */
  status: number;
}

interface Lap {
  perSecond: number;
  p99: number;
  /** Of the server, for one request. */
  cpuMicros: number;
}

/** `GET /v1/users/me`: signed in, counted by the rate limits, each person with an answer of their own. */
export const readPath: RedisSection = {
  name: 'read-path',
  title: 'What a signed-in, rate-limited, cached read costs beside the least that Express can do',
  run: ({ quick }) =>
    withInstallation(async ({ database, start }) => {
      const people = await seedPeople(database, 'TEACHER', connections);
      const cached = await start();
      const plain = await start({ cacheUrl: 'redis://127.0.0.1:1' });
      const express = await startPlainExpress();
      try {
        const headers: Array<{ authorization: string }> = [];
        for (const person of people) headers.push({ authorization: await signInAt(cached, person) });
        const url = `${cached.url}/v1/users/me`;
        const known = await Promise.all(headers.map(async (of) => ({ ...of, 'if-none-match': await etagOf(url, of) })));
        const targets: Target[] = [
          { title: 'Express, `{ok: true}`', pid: express.pid, url: express.url, headers: headers.map(() => ({})), status: 200 },
          { title: 'cached', pid: cached.pid, url, headers, status: 200 },
          { title: 'cached, 304', pid: cached.pid, url, headers: known, status: 304 },
          { title: 'through Prisma', pid: plain.pid, url: `${plain.url}/v1/users/me`, headers, status: 200 },
        ];
        const laps = targets.map((): Lap[] => []);
        const rounds = quick ? 1 : 5;
        for (let round = -1; round < rounds; round++)
          for (const [index, target] of targets.entries()) {
            const lap = await measure(target, quick ? 2 : 4);
            if (round >= 0) laps[index]?.push(lap);
          }
        return report(targets, laps);
      } finally {
        await express.stop();
      }
    }),
};

async function startPlainExpress(): Promise<{ pid: number; url: string; stop(): Promise<void> }> {
  const child: ChildProcess = spawn(process.execPath, ['test/bench/redis/plain-express.ts'], {
    cwd: repository,
    env: { PATH: process.env.PATH, NODE_ENV: 'production' },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  if (!child.stdout) throw new Error('it has no output');
  const [port] = (await once(createInterface(child.stdout), 'line')) as [string];
  const stop = async () => {
    const ended = once(child, 'exit');
    child.kill('SIGKILL');
    await ended;
  };
  return { pid: child.pid ?? 0, url: `http://127.0.0.1:${port}/`, stop };
}

async function etagOf(url: string, headers: Record<string, string>): Promise<string> {
  const answer = await fetch(url, { headers });
  const etag = answer.headers.get('etag');
  if (etag === null) throw new Error(`answered ${answer.status} without a tag`);
  return etag;
}

async function measure({ pid, url, headers, status, title }: Target, seconds: number): Promise<Lap> {
  let next = 0;
  const before = cpuSecondsOf(pid);
  const result = await autocannon({
    ...{ url, connections: headers.length, duration: seconds },
    setupClient: (client) => client.setHeaders(headers[next++ % headers.length]),
  });
  const cpuSeconds = cpuSecondsOf(pid) - before;
  const answered = result.statusCodeStats?.[`${status}`]?.count ?? 0;
  if (answered === 0 || answered !== result.requests.total)
    throw new Error(`${title}: ${answered} of ${result.requests.total} answers were ${status}: ${JSON.stringify(result.statusCodeStats)}`);
  return { perSecond: result.requests.average, p99: result.latency.p99, cpuMicros: (1e6 * cpuSeconds) / result.requests.total };
}

function report(targets: readonly Target[], laps: readonly Lap[][]): string[] {
  const figure = (index: number, name: keyof Lap) => median((laps[index] ?? []).map((lap) => lap[name]));
  const ratio = (index: number, of: number) => (figure(index, 'perSecond') / figure(of, 'perSecond')).toFixed(2);
  return [
    `\`GET /v1/users/me\` by ${connections} people at once over keep-alive connections, each with an answer of their own; medians of ${laps[0]?.length ?? 0} interleaved laps.`,
    '',
    ...table(
      ['', 'answers a second', 'times Express', 'times Prisma', 'p99 ms', 'CPU of the server, µs a request'],
      targets.map(({ title }, index) => [
        title,
        figure(index, 'perSecond').toFixed(0),
        ratio(index, 0),
        ratio(index, 3),
        figure(index, 'p99').toFixed(1),
        figure(index, 'cpuMicros').toFixed(0),
      ]),
    ),
    '',
    'Wanted: a cached read at 0.6 times Express and 10 times Prisma, a 304 at 0.9 times Express.',
  ];
}
