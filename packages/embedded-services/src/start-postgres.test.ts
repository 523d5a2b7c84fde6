import { chmod, mkdir, readFile, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { createTempDir } from '@gradeflow/testing';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import pg from 'pg';
import { choosePostgresIdentity } from './postgres-identity.ts';
import { isAlive } from './processes.ts';
import type { EmbeddedService } from './service.ts';
import { startPostgres } from './start-postgres.ts';

const log = () => {};
let dir: Awaited<ReturnType<typeof createTempDir>>;
let dataDir: string;
const running: EmbeddedService[] = [];
const start = async () => {
  const service = await startPostgres({ dataDir, log, durable: false });
  running.push(service);
  return service;
};

beforeEach(async () => {
  dir = await createTempDir();
  // As below /root: nobody else may enter.
  await chmod(dir.path, 0o700);
  dataDir = path.join(dir.path, 'data');
  await mkdir(dataDir);
});
afterEach(async () => {
  await Promise.all(running.splice(0).map((service) => service.stop()));
  await dir.remove();
});

async function ask(url: string, sql: string): Promise<unknown[]> {
  const client = new pg.Client({ connectionString: url });
  client.on('error', () => {});
  await client.connect();
  try {
    return (await client.query({ text: sql, rowMode: 'array' })).rows.flat();
  } finally {
    await client.end();
  }
}

describe('the embedded Postgres', () => {
  it('keeps data and port over a restart below a closed folder and leaves no process behind', async () => {
    const first = await start();
    await ask(first.url, "CREATE TABLE kept AS SELECT 'Ärger' AS word");
    await first.stop();
    expect(await isAlive(first.pid)).toBe(false);

    const second = await start();
    expect(second.port).toBe(first.port);
    expect(await ask(second.url, 'SELECT upper(word) FROM kept')).toEqual(['ÄRGER']);
  });

  it('lets nobody in without the password, which only the owner may read', async () => {
    const { url } = await start();
    const open = new URL(url);
    open.password = 'guessed';
    await expect(ask(open.href, 'SELECT 1')).rejects.toMatchObject({ code: '28P01' });
    expect((await stat(path.join(dataDir, 'secrets', 'postgres'))).mode & 0o777).toBe(0o600);
  });

  it('ends the server that a killed run left, also when its record is lost', async () => {
    const orphan = await start();
    await writeFile(path.join(dataDir, 'run', 'postgres.json'), 'cut sho');
    const next = await start();
    expect(await isAlive(orphan.pid)).toBe(false);
    expect(await ask(next.url, 'SELECT 1')).toEqual([1]);
  });

  it('starts although the lock file of a crashed server names a process that lives', async () => {
    const first = await start();
    const lockFile = path.join(dataDir, 'postgres', 'data', 'postmaster.pid');
    const lock = await readFile(lockFile, 'utf8');
    await first.stop();
    await writeFile(lockFile, lock.replace(/^\d+/, String(process.ppid)), { mode: 0o600 });
    expect(await ask((await start()).url, 'SELECT 1')).toEqual([1]);
  });

  it('says which file is wrong when the password was lost', async () => {
    await (await start()).stop();
    await writeFile(path.join(dataDir, 'secrets', 'postgres'), 'another');
    await expect(startPostgres({ dataDir, log, durable: false })).rejects.toMatchObject({
      code: 'SERVICE_NOT_STARTED',
      message: expect.stringMatching(/secrets\/postgres/),
    });
  });
});

const onlyAsRoot = process.getuid?.() === 0 ? describe : describe.skip;
onlyAsRoot('root without user namespaces', () => {
  const refused = { namespace: ['/bin/false'], setpriv: 'setpriv' };

  it('runs it as another account with the one right to pass through, below a folder that is closed to that account', async () => {
    const service = await startPostgres({ dataDir, log, durable: false, commands: refused });
    running.push(service);
    expect(await ask(service.url, 'SELECT 1')).toEqual([1]);
    const { uid } = await stat(path.join(dataDir, 'postgres', 'data'));
    expect(uid).not.toBe(0);
    expect(await readFile(`/proc/${service.pid}/status`, 'utf8')).toMatch(new RegExp(`^Uid:\\s+${uid}\\s+${uid}`, 'm'));
  });

  it('takes the data over again when namespaces are there the next time', async () => {
    const first = await startPostgres({ dataDir, log, durable: false, commands: refused });
    await ask(first.url, 'CREATE TABLE kept AS SELECT 7 AS n');
    await first.stop();
    expect(await ask((await start()).url, 'SELECT n FROM kept')).toEqual([7]);
  });

  it('is told to name a Postgres when no account can reach the folder', async () => {
    const identity = choosePostgresIdentity({
      binary: '/bin/true',
      folder: path.join(dataDir, 'postgres'),
      commands: { ...refused, setpriv: '/bin/false' },
    });
    await expect(identity).rejects.toMatchObject({ code: 'POSTGRES_AS_ROOT', message: expect.stringMatching(/DATABASE_URL/) });
  });
});
