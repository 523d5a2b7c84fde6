/**
 * What Redis is worth and whether it can be trusted: `npm run bench -- redis [--only cached-read,read-path,gate,stale,news,stampede,logins,enqueue] [--quick]`. One file a section; each gets an
 * installation of its own: Postgres, two Redis, and gateways without workers.
 */
import { parseArgs } from 'node:util';
import { repository } from '../e2e/fleet.ts';
import { cachedRead } from './redis/cached-read.ts';
import { enqueue } from './redis/enqueue.ts';
import { gate } from './redis/gate.ts';
import type { RedisSection } from './redis/installation.ts';
import { logins } from './redis/logins.ts';
import { news } from './redis/news.ts';
import { readPath } from './redis/read-path.ts';
import { stale } from './redis/stale.ts';
import { stampede } from './redis/stampede.ts';
import { describeMachine } from './support/figures.ts';
import { updateResults } from './support/results.ts';

const sections: readonly RedisSection[] = [cachedRead, readPath, gate, stale, news, stampede, logins, enqueue];
const { values } = parseArgs({ options: { only: { type: 'string' }, quick: { type: 'boolean', default: false } } });
const chosen = sections.filter(({ name }) => !values.only || values.only.split(',').includes(name));
for (const { title, run } of chosen) {
  const text = [...(await run({ quick: values.quick })), '', describeMachine()].join('\n');
  process.stdout.write(`## ${title}\n\n${text}\n\n`);
  if (values.quick) continue;
  await updateResults(`${repository}/test/bench/results/redis.md`, {
    title: 'Redis',
    intro: 'What a section compares was measured in one run, interleaved. Gateways, Postgres, Redis and the client share the machine.',
    order: sections.map((section) => section.title),
    section: { title, text },
  });
}
