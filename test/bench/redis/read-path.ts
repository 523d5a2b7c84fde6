import { seedPeople, signInAt } from '../../e2e/gateways.ts';
import { median, table } from '../support/figures.ts';
import { type RedisSection, withInstallation } from './installation.ts';
import { type Lap, measureLaps, startScript, type Target } from './load.ts';

const connections = 50;

/** `GET /v1/users/me`: signed in, counted by the rate limits, each person with an answer of their own. */
export const readPath: RedisSection = {
  name: 'read-path',
  title: 'What a signed-in, rate-limited, cached read costs beside the least that Express can do',
  run: ({ quick }) =>
    withInstallation(async ({ database, start }) => {
      const people = await seedPeople(database, 'TEACHER', connections);
      const cached = await start();
      const plain = await start({ cacheUrl: 'redis://127.0.0.1:1' });
      const express = await startScript('test/bench/redis/plain-express.ts');
      try {
        const headers: Array<{ authorization: string }> = [];
        for (const person of people) headers.push({ authorization: await signInAt(cached, person) });
        const url = `${cached.url}/v1/users/me`;
        const known = await Promise.all(headers.map(async (of) => ({ ...of, 'if-none-match': await etagOf(url, of) })));
        const nobody = headers.map(() => ({}));
        const targets: Target[] = [
          { title: 'Express, `{ok: true}`', pid: express.pid, url: `http://127.0.0.1:${express.line}/`, headers: nobody, status: 200 },
          { title: 'cached', pid: cached.pid, url, headers, status: 200 },
          { title: 'cached, 304', pid: cached.pid, url, headers: known, status: 304 },
          { title: 'through Prisma', pid: plain.pid, url: `${plain.url}/v1/users/me`, headers, status: 200 },
        ];
        const laps = await measureLaps(targets, quick ? { rounds: 1, seconds: 2 } : { rounds: 5, seconds: 4 });
        return report(targets, laps);
      } finally {
        await express.stop();
      }
    }),
};

async function etagOf(url: string, headers: Record<string, string>): Promise<string> {
  const answer = await fetch(url, { headers });
  const etag = answer.headers.get('etag');
  if (etag === null) throw new Error(`answered ${answer.status} without a tag`);
  return etag;
}

function report(targets: readonly Target[], laps: readonly Lap[][]): string[] {
  const figure = (index: number, name: keyof Lap) => median((laps[index] ?? []).map((lap) => lap[name]));
  const ratio = (index: number, of: number) => (figure(index, 'perSecond') / figure(of, 'perSecond')).toFixed(2);
  return [
    `\`GET /v1/users/me\` by ${connections} people at once over keep-alive connections, each with an answer of their own; medians of ${laps[0]?.length ?? 0} interleaved laps.`,
    '',
    ...table(
      ['', 'answers a second', 'times Express', 'times Prisma', 'p99 ms', 'CPU of the server, µs a request', 'cores that it kept busy'],
      targets.map(({ title }, index) => [
        title,
        figure(index, 'perSecond').toFixed(0),
        ratio(index, 0),
        ratio(index, targets.length - 1),
        figure(index, 'p99').toFixed(1),
        figure(index, 'cpuMicros').toFixed(0),
        figure(index, 'busyCores').toFixed(2),
      ]),
    ),
    '',
    'The client is a process of its own that sends prepared bytes and looks for the end of each answer, so that the servers set the pace.',
    'Wanted: a cached read at 0.6 times Express and 10 times Prisma, a 304 at 0.9 times Express.',
  ];
}
