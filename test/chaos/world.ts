import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, rm } from 'node:fs/promises';
import { connect } from 'node:net';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import { type EmbeddedService, isAlive, startPostgres, startRedis } from '@gradeflow/embedded-services';
import { createTcpLink, createTempDir, type TcpLink, waitFor } from '@gradeflow/testing';
import { descendants, type Fleet, startFleet } from '../e2e/fleet.ts';
import { createClock } from './clock.ts';

/** A database server that is started again when it dies, reached by a link that can fail. */
export interface Server {
  link: TcpLink;
  /** URL of the server itself, past the link. */
  target(): string;
  /** SIGKILL; it is started again on the same data after `awayMs`. Resolves when it answers again. */
  killFor(awayMs: number): Promise<void>;
  /** SIGSTOP to it and its children, SIGCONT after `forMs`. */
  pauseFor(forMs: number): Promise<void>;
}

/** Everything that can be hurt. */
export interface World {
  fleet: Fleet;
  redis: Server;
  postgres: Server;
  /** Redis forgets everything. */
  flushRedis(): Promise<void>;
  /** SIGKILL to the one process of this app; the supervisor starts another. */
  killApp(name: string): void;
  pauseApp(name: string, forMs: number): Promise<void>;
  /** Null where no small file system could be mounted for the spool. */
  fillSpoolFor: ((forMs: number) => Promise<void>) | null;
  /** Null where no clock but the machine's can be had. */
  jumpClock: ((seconds: number, forMs: number) => Promise<void>) | null;
  spoolFolder: string;
  /** Stops everything in order; gives the commands of processes that stayed. */
  stop(): Promise<string[]>;
}

const spoolMb = 96;

/** The processes of `npm start` on a Redis and a Postgres behind failing links, and the spool on a small file system of its own where that can be mounted. */
export async function startWorld(): Promise<World> {
  const folder = await createTempDir();
  const spoolFolder = path.join(folder.path, 'spool');
  const mounted = await mountSmall(spoolFolder);
  const stops: Array<() => Promise<unknown>> = [];
  const keep = async (start: (port?: number) => Promise<EmbeddedService>, defaultPort: number) => {
    const { server, stop } = await keepServer(start, defaultPort);
    stops.push(stop);
    return server;
  };
  try {
    const options = { dataDir: folder.path, log: () => {} };
    const redis = await keep((port) => startRedis({ ...options, ...(port && { port }) }), 6379);
    const postgres = await keep((port) => startPostgres({ ...options, ...(port && { port }) }), 5432);
    const env = { DATABASE_URL: postgres.link.url, REDIS_QUEUE_URL: redis.link.url, REDIS_CACHE_URL: redis.link.url };
    // The spool is a volume so small that it would always count as full.
    const room = { SPOOL_MIN_FREE_MB: '0' };
    const clock = await createClock(folder.path);
    const fleet = await startFleet({ dataDir: folder.path, env: { ...env, ...room, ...clock?.env } });
    const pidOf = (name: string) => fleet.processes().find(({ command }) => command.includes(`${name}/src/main.ts`))?.pid;
    return {
      ...{ fleet, redis, postgres, spoolFolder, jumpClock: clock?.jump ?? null },
      // Another fault may have it down just now.
      flushRedis: async () => void (await waitFor(() => flush(redis.target()), { timeoutMs: 20_000, everyMs: 50, what: 'FLUSHALL' })),
      killApp: (name) => signal(pidOf(name), 'SIGKILL'),
      pauseApp: (name, forMs) => pauseTree(pidOf(name), forMs),
      fillSpoolFor: mounted ? (forMs) => fillFor(spoolFolder, forMs) : null,
      async stop() {
        const before = fleet.processes();
        await fleet.interrupt();
        const left = await stillAlive(before);
        fleet.kill();
        for (const stop of stops.toReversed()) await stop();
        if (mounted) await promisify(execFile)('umount', ['--lazy', spoolFolder]);
        await folder.remove();
        return left.map(({ command }) => command);
      },
    };
  } catch (error) {
    for (const stop of stops.toReversed()) await stop().catch(() => {}); // The first error is the one to tell.
    if (mounted) await promisify(execFile)('umount', ['--lazy', spoolFolder]).catch(() => {});
    throw error;
  }
}

async function keepServer(start: (port?: number) => Promise<EmbeddedService>, defaultPort: number) {
  let service = await start();
  const { port } = service;
  const link = await createTcpLink(service.url, defaultPort);
  let starting: Promise<unknown> = Promise.resolve();
  const startAgain = async () => {
    for (;;) {
      try {
        service = await start(port);
        return;
      } catch {
        await delay(200); // What the killed one left (shared memory, its port) is not free yet.
      }
    }
  };
  const server = {
    link,
    target: () => service.url,
    async killFor(awayMs: number) {
      signal(service.pid, 'SIGKILL');
      await service.ended;
      await delay(awayMs);
      starting = startAgain();
      await starting;
    },
    pauseFor: (forMs: number) => pauseTree(service.pid, forMs),
  };
  const stop = async () => {
    await starting;
    await link.close();
    await service.stop();
  };
  return { server, stop };
}

async function pauseTree(root: number | undefined, forMs: number): Promise<void> {
  if (root === undefined) return;
  const pids = [root, ...descendants(root).map(({ pid }) => pid)];
  for (const pid of pids) signal(pid, 'SIGSTOP');
  try {
    await delay(forMs);
  } finally {
    for (const pid of pids.toReversed()) signal(pid, 'SIGCONT');
  }
}

function signal(pid: number | undefined, name: NodeJS.Signals): void {
  if (pid === undefined) return; // Dead already, and not there again yet.
  try {
    process.kill(pid, name);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

/** Programs that were killed with their starter take a moment to end, and a reading process looks once a second whether its parent is there. */
async function stillAlive<T extends { pid: number }>(processes: readonly T[], withinMs = 2_000): Promise<T[]> {
  const end = performance.now() + withinMs;
  for (;;) {
    const alive = await Promise.all(processes.map(({ pid }) => isAlive(pid)));
    const left = processes.filter((_, index) => alive[index]);
    if (left.length === 0 || performance.now() > end) return left;
    await delay(20);
  }
}

/** By an inline command: no client that would try again by itself. */
async function flush(url: string): Promise<boolean> {
  const { port, hostname } = new URL(url);
  const socket = connect(Number(port), hostname, () => socket.write('FLUSHALL\r\n'));
  const [answer] = (await once(socket, 'data')) as [Buffer];
  socket.destroy();
  return answer.toString().startsWith('+OK');
}

async function mountSmall(folder: string): Promise<boolean> {
  await mkdir(folder, { recursive: true });
  try {
    await promisify(execFile)('mount', ['-t', 'tmpfs', '-o', `size=${spoolMb}m,mode=700`, 'tmpfs', folder]);
    return true;
  } catch {
    return false; // Not root, or a container without the right.
  }
}

/** Nothing more fits: a file takes the rest, and another one the blocks that are given back meanwhile. */
async function fillFor(folder: string, forMs: number): Promise<void> {
  const end = Date.now() + forMs;
  const files: string[] = [];
  try {
    while (Date.now() < end) {
      const file = path.join(folder, `ballast-${files.length}`);
      files.push(file);
      await promisify(execFile)('dd', ['if=/dev/zero', `of=${file}`, 'bs=64k', 'status=none']).catch(() => {}); // "No space left": wanted.
      await delay(Math.max(0, Math.min(250, end - Date.now())));
    }
  } finally {
    for (const file of files) await rm(file, { force: true });
  }
}
