import { spawn } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { waitFor } from '@gradeflow/testing';
import { Redis } from 'ioredis';
import { repository } from '../../e2e/fleet.ts';
import { median, percent, table } from '../support/figures.ts';
import type { DurabilitySection } from './section.ts';
import { openDatabase, openFolder, openRedis, withClosers } from './servers.ts';
import { duration, endProcess, linesOf, now, tied } from './worker-process.ts';

/** Default of RECONCILE_INTERVAL_MS. */
const intervalMs = 3_000;
const prefix = '{loss}';

interface ReconcileEvent {
  event: 'queued' | 'round';
  ms: number;
  cpuMs?: number;
}

export const queueLoss: DurabilitySection = {
  name: 'queue-loss',
  title: 'Redis loses every queue',
  run: ({ quick }) =>
    withClosers(async (later) => {
      const uploads = quick ? 500 : 10_000;
      const dataDir = await openFolder(later);
      const redisServer = await openRedis(later, { dataDir, persist: true });
      const databaseUrl = await openDatabase(later, dataDir);
      const redis = new Redis(redisServer.url);
      later(async () => redis.disconnect());
      const events: ReconcileEvent[] = [];
      const script = `${repository}/apps/worker-ingest/src/testing/measure-reconcile.ts`;
      const args = [dataDir, databaseUrl, redisServer.url, prefix, String(uploads), String(intervalMs)];
      const env = { ...process.env, UV_THREADPOOL_SIZE: '16' };
      const child = tied(spawn(process.execPath, [script, ...args], { env, stdio: ['pipe', 'pipe', 'inherit'] }));
      later(() => endProcess(child, 'SIGTERM', 5_000));
      linesOf(child).on('line', (line) => events.push(JSON.parse(line) as ReconcileEvent));
      const rounds = () => events.filter(({ event }) => event === 'round');
      const hasEnded = () => child.exitCode !== null && Promise.reject(new Error(`reconciling ended with ${child.exitCode}`));
      const afterRounds = (count: number) => {
        const target = rounds().length + count;
        return waitFor(() => rounds().length >= target || hasEnded(), {
          timeoutMs: 240_000,
          everyMs: 5,
          what: 'the rounds of reconciling',
        });
      };
      const waitingFlows = () => redis.zcard(`${prefix}:grade-submission:waiting-children`);

      await afterRounds(2);
      const quietFrom = rounds().length;
      await afterRounds(quick ? 1 : 5);
      const quiet = rounds().slice(quietFrom);
      const losses: number[] = [];
      for (let loss = 0; loss < (quick ? 1 : 4); loss++) {
        await afterRounds(1);
        // At every part of the pause between two rounds.
        await sleep((loss * intervalMs) / 4);
        await redis.flushall();
        const lost = now();
        await waitFor(async () => (await waitingFlows()) >= uploads, { timeoutMs: 60_000, everyMs: 10, what: 'all flows' });
        losses.push(now() - lost);
      }
      const bare = events.find(({ event }) => event === 'queued')?.ms ?? Number.NaN;
      return describe(uploads, bare, losses, quiet);
    }),
};

function describe(uploads: number, bareMs: number, losses: readonly number[], quiet: readonly ReconcileEvent[]): string[] {
  const quietMs = median(quiet.map(({ ms }) => ms));
  const quietCpu = median(quiet.map(({ cpuMs = Number.NaN }) => cpuMs));
  const lossMs = median(losses);
  return [
    `${uploads.toLocaleString('en')} accepted uploads in the spool with their rows, their flows waiting; FLUSHALL. The comparison of worker-ingest runs every ${intervalMs / 1_000} s in a process of its own; the time counts from FLUSHALL at different moments of that pause until all flows are queued again. Stock: nothing adds them again; the bare adding of the same flows to an empty Redis stands beside it.`,
    '',
    ...table(
      ['', 'wanted', 'reached (median)', 'slowest', 'stock'],
      [
        [
          `${uploads.toLocaleString('en')} flows queued again`,
          '≤ 8 s',
          duration(lossMs),
          duration(Math.max(...losses)),
          `never; bare adding ${duration(bareMs)}`,
        ],
        [
          'a comparison with nothing to do',
          '≤ 2 % of that',
          `${duration(quietMs)}, CPU ${duration(quietCpu)} (${percent(quietMs / lossMs)})`,
          duration(Math.max(...quiet.map(({ ms }) => ms))),
          '–',
        ],
      ],
    ),
  ];
}
