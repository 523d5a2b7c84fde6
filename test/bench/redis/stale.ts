import { huntStaleReads, seedPeople, signInAt } from '../../e2e/gateways.ts';
import { table } from '../support/figures.ts';
import { type RedisSection, withInstallation } from './installation.ts';

export const stale: RedisSection = {
  name: 'stale',
  title: 'Stale reads over two gateways',
  run: ({ quick }) =>
    withInstallation(async ({ database, start }) => {
      const [person] = await seedPeople(database, 'TEACHER', 1);
      const gateways = [await start(), await start()];
      const [first] = gateways;
      if (!person || !first) throw new Error('nothing was started');
      const token = await signInAt(first, person);
      const reads = quick ? 1_000 : 10_000;
      const found = await huntStaleReads(gateways, token, { reads, readers: 8 });
      const outcomes = Object.entries(found.outcomes).map(([name, count]) => `${count} ${name}`);
      return [
        'One writer at both gateways in turn, eight readers, one profile. Stale is a read that began after a write’s answer had arrived and shows less.',
        '',
        ...table(
          ['reads', 'writes', 'stale', 'failed', 'slowest read ms', 'slowest write ms', 'found as'],
          [
            [
              found.reads,
              found.writes,
              found.stale,
              found.failed,
              found.slowestReadMs.toFixed(0),
              found.slowestWriteMs.toFixed(0),
              outcomes.join(', '),
            ],
          ],
        ),
      ];
    }),
};
