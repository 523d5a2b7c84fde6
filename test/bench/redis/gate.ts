import { median, table } from '../support/figures.ts';
import { type RedisSection, withInstallation } from './installation.ts';
import { type Lap, measureLaps, startScript } from './load.ts';

/** The same answer, `{ok: true}`, to anybody and to fifty people who are signed in and counted. */
export const gate: RedisSection = {
  name: 'gate',
  title: 'What it costs to be signed in and within the limits',
  run: ({ quick }) =>
    withInstallation(async ({ place }) => {
      const server = await startScript('apps/gateway/src/testing/gate-server.ts', place.cacheUrl);
      try {
        const { port, tokens } = JSON.parse(server.line) as { port: number; tokens: string[] };
        const headers = tokens.map((token) => ({ authorization: `Bearer ${token}` }));
        const of = (title: string, path: string) => ({
          title,
          pid: server.pid,
          url: `http://127.0.0.1:${port}${path}`,
          headers,
          status: 200,
        });
        const targets = [of('anybody', '/open'), of('signed in and counted', '/gated')];
        const laps = await measureLaps(targets, quick ? { rounds: 1, seconds: 2 } : { rounds: 5, seconds: 4 });
        const figure = (index: number, name: keyof Lap) => median((laps[index] ?? []).map((lap) => lap[name]));
        return [
          `\`{ok: true}\` by ${tokens.length} people at once; medians of ${laps[0]?.length ?? 0} interleaved laps. Signed in: claims, ended sessions, last activity, presence; counted: by person, over all gateways.`,
          '',
          ...table(
            ['', 'answers a second', 'p99 ms', 'CPU of the server, µs a request'],
            targets.map(({ title }, index) => [
              title,
              figure(index, 'perSecond').toFixed(0),
              figure(index, 'p99').toFixed(1),
              figure(index, 'cpuMicros').toFixed(0),
            ]),
          ),
          '',
          `Both together cost ${(figure(1, 'cpuMicros') - figure(0, 'cpuMicros')).toFixed(0)} µs a request.`,
        ];
      } finally {
        await server.stop();
      }
    }),
};
