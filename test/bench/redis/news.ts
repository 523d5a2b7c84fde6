import { createDatabase } from '@gradeflow/database';
import { connectFast, createCacheWriter } from '@gradeflow/redis';
import { type GatewayProcess, type Person, seedPeople, signInAt } from '../../e2e/gateways.ts';
import { table } from '../support/figures.ts';
import { type Installation, type RedisSection, withInstallation } from './installation.ts';

/** A change that is not seen after this counts as never seen. */
const lostMs = 5_000;

/** One writer beside two gateways, as a worker is, and a reader at each, who asks again and again. */
export const news: RedisSection = {
  name: 'news',
  title: 'How soon a change is seen on every gateway',
  run: ({ quick }) =>
    withInstallation(async (installation) => {
      const [person] = await seedPeople(installation.database, 'TEACHER', 1);
      const gateways = [await installation.start(), await installation.start()];
      const [first] = gateways;
      if (!person || !first) throw new Error('nothing was started');
      const authorization = await signInAt(first, person);
      const changes = quick ? 50 : 500;
      const heard = await watch(installation, gateways, { person, authorization, changes, cut: false });
      const cut = await watch(installation, gateways, { person, authorization, changes, cut: true });
      return [
        `Milliseconds from the commit of a change by another process to the first answer that shows it, of ${changes} changes at each of two gateways that hold the answer themselves. ` +
          'With cut subscriptions every change is made while nobody hears of it. Wanted: p99 ≤ 50 ms.',
        '',
        ...table(
          ['', 'p50', 'p99', 'longest', 'reads that came from the gateway or Redis'],
          [row('subscribed', heard), row('subscriptions cut', cut)],
        ),
      ];
    }),
};

interface Watched {
  ms: number[];
  hits: number;
  reads: number;
}

function row(title: string, { ms, hits, reads }: Watched): string[] {
  const sorted = ms.toSorted((a, b) => a - b);
  const at = (share: number) => (sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0).toFixed(1);
  return [title, at(0.5), at(0.99), at(1), `${((100 * hits) / reads).toFixed(1)} %`];
}

async function watch(
  { place }: Installation,
  gateways: readonly GatewayProcess[],
  options: { person: Person; authorization: string; changes: number; cut: boolean },
): Promise<Watched> {
  const seen: Watched = { ms: [], hits: 0, reads: 0 };
  const redis = connectFast(place.cacheUrl, { name: 'bench' });
  let committedAt = 0;
  const database = createDatabase({
    url: place.databaseUrl,
    onWrite: async (tags) => {
      committedAt = performance.now();
      await writer.invalidate(tags);
    },
  });
  const writer = createCacheWriter({ url: place.cacheUrl, epochs: database.cacheEpochs, name: 'bench-writer' });
  const latest = gateways.map(() => 0);
  let going = true;
  const poll = async (index: number) => {
    while (going) {
      const answer = await fetch(`${gateways[index]?.url}/v1/users/me`, { headers: { authorization: options.authorization } });
      const { preferences } = (await answer.json()) as { preferences: { n?: number } };
      latest[index] = preferences.n ?? 0;
      seen.reads += 1;
      if (answer.headers.get('x-cache') === 'HIT') seen.hits += 1;
    }
  };
  const shown = async (index: number, n: number) => {
    while (latest[index] !== n) {
      if (performance.now() - committedAt > lostMs && committedAt > 0) throw new Error('a change was never seen');
      await new Promise((resolve) => setImmediate(resolve));
    }
    return performance.now() - committedAt;
  };
  const polling = Promise.all(gateways.map((_, index) => poll(index)));
  try {
    for (let n = 1; n <= options.changes; n++) {
      // Long enough for the answer to be hot again.
      await new Promise((resolve) => setTimeout(resolve, 30 + Math.random() * 20));
      if (options.cut) await redis.call('CLIENT', 'KILL', 'TYPE', 'pubsub');
      committedAt = 0;
      const written = database.profiles.update(options.person.id, { preferences: { n } });
      seen.ms.push(...(await Promise.all(gateways.map((_, index) => shown(index, n)))));
      await written;
    }
    return seen;
  } finally {
    going = false;
    await polling;
    writer.close();
    redis.disconnect();
    await database.close();
  }
}
