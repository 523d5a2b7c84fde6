import { mkdir, realpath } from 'node:fs/promises';
import path from 'node:path';
import { Redis } from 'ioredis';
import { startOnFreePort } from './free-port.ts';
import { endProcess, signalProcess } from './processes.ts';
import { ensureRedisBinary } from './redis-binary.ts';
import { findLivePid, findRunRecord, writeRunRecord } from './run-record.ts';
import { type EmbeddedService, type LogLine, spawnService, waitUntilReady } from './service.ts';

/** SIGTERM writes what is left of the append-only file; a server that is stopped or stuck does not get longer. */
const endSteps = [{ signal: 'SIGTERM', waitMs: 5_000 }] as const;

/**
 * Starts a Redis of our own on 127.0.0.1 with its data in `DATA_DIR/redis`: queue rules (`noeviction`), append-only file synced every second.
 * The port is kept in `DATA_DIR/run`; a server that an earlier process left running on this folder is ended first.
 * `persist: false` keeps nothing on disk (tests). Throws UnavailableError REDIS_MISSING or SERVICE_NOT_STARTED.
 */
export async function startRedis(options: { dataDir: string; log: LogLine; port?: number; persist?: boolean }): Promise<EmbeddedService> {
  const { dataDir, log } = options;
  const binary = await ensureRedisBinary({ log });
  await mkdir(path.join(dataDir, 'redis'), { recursive: true });
  const folder = await realpath(path.join(dataDir, 'redis'));
  const record = await findRunRecord(dataDir, 'redis');
  const orphan = await findLivePid(record?.pid ?? null, folder);
  if (orphan !== null) {
    log('Redis: ending the server that an earlier run left behind');
    await endProcess(orphan, endSteps);
  }
  const persist = options.persist ?? true;
  return startOnFreePort({ fixed: options.port, preferred: record?.port }, (port) => launch({ dataDir, binary, folder, port, persist }));
}

async function launch(options: {
  dataDir: string;
  binary: string;
  folder: string;
  port: number;
  persist: boolean;
}): Promise<EmbeddedService> {
  const { dataDir, binary, folder, port, persist } = options;
  const logFile = path.join(dataDir, 'run', 'redis.log');
  const server = await spawnService(binary, serverArguments(folder, port, persist), { logFile });
  await writeRunRecord(dataDir, 'redis', { pid: server.pid, port });
  try {
    await waitUntilReady(server, { name: 'Redis', logFile, timeoutMs: 30_000, answers: () => answersAs(server.pid, port) });
  } catch (error) {
    await endProcess(server.pid, []);
    throw error;
  }
  let stopping: Promise<void> | undefined;
  const end = async () => {
    await endProcess(server.pid, endSteps);
    await writeRunRecord(dataDir, 'redis', { pid: null, port });
  };
  return {
    url: `redis://127.0.0.1:${port}`,
    pid: server.pid,
    port,
    ended: server.ended,
    stop: () => (stopping ??= end()),
    kill: () => signalProcess(server.pid, 'SIGKILL'),
  };
}

function serverArguments(folder: string, port: number, persist: boolean): string[] {
  const settings = {
    port: String(port),
    bind: '127.0.0.1',
    dir: folder,
    save: '',
    appendonly: persist ? 'yes' : 'no',
    appendfsync: 'everysec',
    'maxmemory-policy': 'noeviction',
    // The command line must go on naming the folder: that is how a later start knows its own server.
    'set-proc-title': 'no',
  };
  return Object.entries(settings).flatMap(([name, value]) => [`--${name}`, value]);
}

/** True once this very server answers and has loaded its data (it says LOADING before): another one may hold the port. */
async function answersAs(pid: number, port: number): Promise<boolean> {
  const redis = new Redis({
    host: '127.0.0.1',
    port,
    lazyConnect: true,
    retryStrategy: () => null,
    connectTimeout: 500,
    commandTimeout: 1_000,
    // A server that does not even close the connection must not keep the process.
    disconnectTimeout: 100,
  });
  redis.on('error', () => {}); // Not there yet: the caller asks again.
  try {
    await redis.connect();
    await redis.ping();
    return (await redis.info('server')).includes(`process_id:${pid}\r\n`);
  } catch {
    return false;
  } finally {
    redis.disconnect();
  }
}
