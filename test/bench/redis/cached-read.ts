import { Agent, get } from 'node:http';
import type { Database } from '@gradeflow/database';
import { newSubmissionOf } from '@gradeflow/database';
import { uuidv7 } from 'uuidv7';
import { type GatewayProcess, type Person, seedPeople, signInAt } from '../../e2e/gateways.ts';
import { median, percent, table } from '../support/figures.ts';
import { type RedisSection, withInstallation } from './installation.ts';

const connections = 50;
const assessments = 20;

interface Lap {
  perSecond: number;
  p50: number;
  p99: number;
  /** Share of the answers that were found as they should be: an answer lives for ten seconds and is then loaded again, as in life. */
  wanted: number;
}

/** `GET /v1/dashboard` by 50 people at once, each with an answer of their own, so that no two share a read. */
export const cachedRead: RedisSection = {
  name: 'cached-read',
  title: 'A cached read and the same read from Postgres',
  run: ({ quick }) =>
    withInstallation(async ({ database, start }) => {
      const people = await seedPeople(database, 'ADMIN', connections);
      const submissions = quick ? 200 : 2_000;
      await fill(database, people, submissions);
      const cached = await start();
      const plain = await start({ cacheUrl: 'redis://127.0.0.1:1' });
      const tokens: string[] = [];
      // One after another: the gateway lets few sign in at once.
      for (const person of people) tokens.push(await signInAt(cached, person));
      const rounds = quick ? 1 : 6;
      const laps: Record<'cached' | 'plain', Lap[]> = { cached: [], plain: [] };
      for (let round = -1; round < rounds; round++) {
        for (const [name, gateway] of [
          ['cached', cached],
          ['plain', plain],
        ] as const) {
          const lap = await measure(gateway, tokens, quick ? 1_000 : 4_000, name === 'cached' ? 'HIT' : 'BYPASS');
          if (round >= 0) laps[name].push(lap);
        }
      }
      return report(laps, submissions);
    }),
};

async function fill(database: Database, people: readonly Person[], submissions: number): Promise<void> {
  const [maker] = people;
  const user = maker && (await database.users.find(maker.id));
  if (!user) throw new Error('nobody was seeded');
  const base = { institutionId: user.institutionId, createdBy: user.id, courseId: null, languages: ['eng'], anonymous: false };
  const settings = { release: 'IMMEDIATE', reviewBelow: 0.8, sampleShare: 0, regradeUntil: null } as const;
  const ids = Array.from({ length: assessments }, () => uuidv7());
  for (const id of ids) await database.assessments.insert({ ...base, ...settings, id, title: 'An exam' }, null);
  const file = {
    path: 'original/1.pdf',
    name: 'sheet.pdf',
    mediaType: 'application/pdf',
    bytes: 1_000,
    sha256: 'a'.repeat(64),
    pages: 1,
  } as const;
  for (let i = 0; i < submissions; i++) {
    const submission = newSubmissionOf({
      ...{ submissionId: uuidv7(), purpose: 'submission', institutionId: user.institutionId, userId: user.id, userRole: 'ADMIN' },
      ...{ assessmentId: ids[i % assessments] ?? '', studentId: null, label: `Sheet ${i}`, acceptedAt: new Date().toISOString() },
      ...{ requestId: 'bench', pagesTotal: 1, files: [file] },
    });
    await database.submissions.record(submission);
  }
}

/** Each person asks again as soon as the answer is there. The first answers of a lap warm up and do not count. */
async function measure(gateway: GatewayProcess, tokens: readonly string[], ms: number, wanted: string): Promise<Lap> {
  const agent = new Agent({ keepAlive: true, maxSockets: tokens.length });
  const times: number[] = [];
  let found = 0;
  const warmUntil = performance.now() + ms / 4;
  const end = warmUntil + ms;
  const ask = async (authorization: string) => {
    while (performance.now() < end) {
      const began = performance.now();
      const outcome = await read(`${gateway.url}/v1/dashboard`, authorization, agent);
      if (began < warmUntil) continue;
      if (outcome === wanted) found += 1;
      times.push(performance.now() - began);
    }
  };
  await Promise.all(tokens.map(ask));
  agent.destroy();
  const sorted = times.toSorted((a, b) => a - b);
  const at = (share: number) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
  return { perSecond: times.length / (ms / 1_000), p50: at(0.5), p99: at(0.99), wanted: found / Math.max(1, times.length) };
}

function read(url: string, authorization: string, agent: Agent): Promise<string> {
  return new Promise((resolve, reject) => {
    get(url, { agent, headers: { authorization } }, (answer) => {
      answer.resume().once('end', () => resolve(String(answer.headers['x-cache'] ?? answer.statusCode)));
    }).once('error', reject);
  });
}

function report(laps: Record<'cached' | 'plain', Lap[]>, submissions: number): string[] {
  const of = (name: 'cached' | 'plain', figure: keyof Lap) => median(laps[name].map((lap) => lap[figure]));
  const row = (title: string, name: 'cached' | 'plain') => [
    title,
    of(name, 'perSecond').toFixed(0),
    of(name, 'p50').toFixed(1),
    of(name, 'p99').toFixed(1),
    percent(of(name, 'wanted'), 1),
  ];
  const ratio = (of('cached', 'perSecond') / of('plain', 'perSecond')).toFixed(1);
  const p99 = (of('plain', 'p99') / of('cached', 'p99')).toFixed(1);
  return [
    `\`GET /v1/dashboard\`, ${connections} people at once over ${submissions} submissions, each person with an answer of their own; medians of ${laps.cached.length} laps.`,
    '',
    ...table(
      ['', 'answers a second', 'p50 ms', 'p99 ms', 'found as meant (HIT, BYPASS)'],
      [row('cached', 'cached'), row('from Postgres', 'plain')],
    ),
    '',
    `The cache gives ${ratio} times the throughput and a p99 ${p99} times shorter.`,
  ];
}
