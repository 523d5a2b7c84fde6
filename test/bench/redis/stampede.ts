import { seedPeople, signInAt } from '../../e2e/gateways.ts';
import { table } from '../support/figures.ts';
import { type RedisSection, withInstallation } from './installation.ts';

const askers = 200;

export const stampede: RedisSection = {
  name: 'stampede',
  title: 'A stampede on a cold answer',
  run: ({ quick }) =>
    withInstallation(async ({ database, start }) => {
      const [person] = await seedPeople(database, 'ADMIN', 1);
      const gateways = [await start(), await start()];
      const [first] = gateways;
      if (!person || !first) throw new Error('nothing was started');
      const authorization = await signInAt(first, person);
      const rows: number[][] = [];
      // The first round opens connections and shares the epoch.
      for (let round = 0; round <= (quick ? 2 : 20); round++) {
        const began = performance.now();
        const outcomes = await Promise.all(
          Array.from({ length: askers }, async (_, i) => {
            const answer = await fetch(`${gateways[i % 2]?.url}/v1/search?q=cold${round}`, { headers: { authorization } });
            await answer.arrayBuffer();
            return answer.headers.get('x-cache');
          }),
        );
        if (round > 0) rows.push([outcomes.filter((outcome) => outcome !== 'HIT').length, performance.now() - began]);
      }
      const loads = rows.map(([count = 0]) => count);
      return [
        `${askers} reads of a cold answer at the same moment, half at each of two gateways, ${rows.length} rounds; a load is an answer that is no HIT.`,
        '',
        ...table(
          ['fewest loads', 'most loads', 'slowest round ms'],
          [[Math.min(...loads), Math.max(...loads), Math.max(...rows.map(([, ms = 0]) => ms)).toFixed(0)]],
        ),
      ];
    }),
};
