import { execFile } from 'node:child_process';
import { chown, mkdir, readFile, realpath, rename, rm, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { UnavailableError } from '@gradeflow/errors';
import pg from 'pg';
import { startOnFreePort } from './free-port.ts';
import { getLocalSecret } from './local-secret.ts';
import { loadPostgresBinaries, type PostgresBinaries } from './postgres-binaries.ts';
import { choosePostgresIdentity, giveFolderTo, type IdentityCommands, type PostgresIdentity } from './postgres-identity.ts';
import { endProcess, signalProcess } from './processes.ts';
import { findLivePid, findRunRecord, writeRunRecord } from './run-record.ts';
import { type EmbeddedService, type LogLine, spawnService, waitUntilReady } from './service.ts';

/** SIGINT disconnects the clients and writes a check point, SIGQUIT ends at once and leaves the rest to recovery. */
const endSteps = [
  { signal: 'SIGINT', waitMs: 10_000 },
  { signal: 'SIGQUIT', waitMs: 5_000 },
] as const;

interface Server {
  dataDir: string;
  /** Parent of the data folder; belongs to whoever runs Postgres. */
  home: string;
  binaries: PostgresBinaries;
  identity: PostgresIdentity;
  password: string;
  durable: boolean;
}

/**
 * Starts the embedded Postgres on 127.0.0.1 with its data in `DATA_DIR/postgres/data`; makes the cluster on first use (UTF-8, password in
 * `DATA_DIR/secrets/postgres`). The port is kept in `DATA_DIR/run`; a server that an earlier process left running on this folder
 * is ended first. `durable: false` does not wait for the disk (tests).
 * Throws UnavailableError POSTGRES_MISSING, POSTGRES_AS_ROOT or SERVICE_NOT_STARTED.
 */
export async function startPostgres(options: {
  dataDir: string;
  log: LogLine;
  port?: number;
  durable?: boolean;
  commands?: IdentityCommands;
}): Promise<EmbeddedService> {
  const { dataDir, log } = options;
  const binaries = await loadPostgresBinaries();
  await mkdir(path.join(dataDir, 'postgres'), { recursive: true, mode: 0o700 });
  const home = await realpath(path.join(dataDir, 'postgres'));
  const record = await findRunRecord(dataDir, 'postgres');
  await endOrphan({ home, recordedPid: record?.pid ?? null, log });
  const { commands } = options;
  const identity = await choosePostgresIdentity({ binary: binaries.postgres, folder: home, ...(commands ? { commands } : {}) });
  // A folder that another identity made (a run with, then one without user namespaces) changes hands.
  await giveFolderTo(home, identity.owner);
  const server: Server = {
    dataDir,
    home,
    binaries,
    identity,
    password: await getLocalSecret(dataDir, 'postgres'),
    durable: options.durable ?? true,
  };
  await makeCluster(server, log);
  return startOnFreePort({ fixed: options.port, preferred: record?.port }, (port) => launch(server, port));
}

/** Ends a server of an earlier run and removes the lock file of one that is gone: its id may be another process's by now. */
async function endOrphan(options: { home: string; recordedPid: number | null; log: LogLine }): Promise<void> {
  const lockFile = path.join(options.home, 'data', 'postmaster.pid');
  const lockPid = Number.parseInt(await readFile(lockFile, 'utf8').catch(() => ''), 10);
  for (const pid of new Set([options.recordedPid, Number.isInteger(lockPid) ? lockPid : null])) {
    const orphan = await findLivePid(pid, options.home);
    if (orphan === null) continue;
    options.log('Postgres: ending the server that an earlier run left behind');
    await endProcess(orphan, endSteps);
  }
  await rm(lockFile, { force: true });
}

/** Runs initdb beside the final place and renames, so that an interrupted first start leaves nothing half made. */
async function makeCluster(server: Server, log: LogLine): Promise<void> {
  const data = path.join(server.home, 'data');
  if (await exists(path.join(data, 'PG_VERSION'))) return;
  log('Postgres: making the database (once)');
  const fresh = path.join(server.home, 'data.new');
  const passwordFile = path.join(server.home, 'password.new');
  await rm(fresh, { recursive: true, force: true });
  await writeFile(passwordFile, server.password, { mode: 0o600 });
  const { prefix, account, owner } = server.identity;
  await chown(passwordFile, owner.uid, owner.gid);
  // The built-in locale knows upper and lower case of all of Unicode and needs none of the system's.
  const locale = ['--encoding=UTF8', '--no-locale', '--locale-provider=builtin', '--builtin-locale=C.UTF-8'];
  const cluster = [
    '-D',
    fresh,
    '-U',
    'postgres',
    '--auth=scram-sha-256',
    `--pwfile=${passwordFile}`,
    ...locale,
    ...(server.durable ? [] : ['--no-sync']),
  ];
  const [command = '', ...args] = [...prefix, server.binaries.initdb, ...cluster];
  try {
    await promisify(execFile)(command, args, { ...account, cwd: '/' });
    await rename(fresh, data);
  } catch (error) {
    throw new UnavailableError({
      code: 'SERVICE_NOT_STARTED',
      detail: `Postgres could not make its folder ${data}: ${String(error)}`,
      cause: error,
    });
  } finally {
    await rm(passwordFile, { force: true });
    await rm(fresh, { recursive: true, force: true });
  }
}

async function launch(server: Server, port: number): Promise<EmbeddedService> {
  const { dataDir, identity, password } = server;
  const logFile = path.join(dataDir, 'run', 'postgres.log');
  const [command = '', ...args] = [...identity.prefix, server.binaries.postgres, ...serverArguments(server, port)];
  // Neither `unshare` nor a change of account forks: this is the id of the postmaster itself.
  const postmaster = await spawnService(command, args, { logFile, ...identity.account });
  await writeRunRecord(dataDir, 'postgres', { pid: postmaster.pid, port });
  const url = `postgres://postgres:${password}@127.0.0.1:${port}/postgres`;
  try {
    await waitUntilReady(postmaster, { name: 'Postgres', logFile, timeoutMs: 60_000, answers: () => answersQuery(url) });
  } catch (error) {
    await endProcess(postmaster.pid, endSteps);
    throw error;
  }
  let stopping: Promise<void> | undefined;
  const end = async () => {
    await endProcess(postmaster.pid, endSteps);
    await writeRunRecord(dataDir, 'postgres', { pid: null, port });
  };
  // SIGQUIT and not SIGKILL: the postmaster takes its children with it.
  return {
    url,
    pid: postmaster.pid,
    port,
    ended: postmaster.ended,
    stop: () => (stopping ??= end()),
    kill: () => signalProcess(postmaster.pid, 'SIGQUIT'),
  };
}

function serverArguments(server: Server, port: number): string[] {
  const settings = {
    listen_addresses: '127.0.0.1',
    unix_socket_directories: '',
    // Faults without their DETAIL: that line repeats values, such as an address that exists already.
    log_error_verbosity: 'terse',
    ...(server.durable ? {} : { fsync: 'off', full_page_writes: 'off', synchronous_commit: 'off' }),
  };
  return [
    '-D',
    path.join(server.home, 'data'),
    '-p',
    String(port),
    ...Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]),
  ];
}

/** False while the server is not up; throws when it is and refuses our password, which waiting does not mend. */
async function answersQuery(url: string): Promise<boolean> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 1_000, query_timeout: 1_000 });
  client.on('error', () => {}); // Not there yet: the caller asks again.
  try {
    await client.connect();
    await client.query('SELECT 1');
    return true;
  } catch (error) {
    if ((error as { code?: string }).code !== '28P01') return false;
    throw new UnavailableError({
      code: 'SERVICE_NOT_STARTED',
      detail:
        'The embedded Postgres refuses the password in DATA_DIR/secrets/postgres: that file is not the one that the data was made with.',
    });
  } finally {
    await client.end().catch(() => {}); // Never connected.
  }
}

const exists = (file: string) =>
  stat(file).then(
    () => true,
    () => false,
  );
