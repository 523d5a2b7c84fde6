import { execFile, spawn } from 'node:child_process';
import { constants } from 'node:fs';
import { access, chmod, readdir, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { UnavailableError } from '@gradeflow/errors';
import type { LogLine } from './service.ts';

const policyFile = '/usr/sbin/policy-rc.d';
const minimum = [6, 2] as const;

/**
 * Absolute path of a `redis-server` or `valkey-server` of version 6.2 or later: the one on the PATH, else installed by apt when this process
 * is root. Throws UnavailableError REDIS_MISSING naming the ways out.
 */
export async function ensureRedisBinary(options: { log: LogLine }): Promise<string> {
  const present = await findRedisBinary();
  if (present) return checkVersion(present);
  if (process.getuid?.() !== 0 || !(await findOnPath(['apt-get']))) throw redisMissing('There is no redis-server on the PATH.');
  await installByApt(options.log);
  const installed = await findRedisBinary();
  if (!installed) throw redisMissing('apt-get installed redis-server, yet it is not on the PATH.');
  return checkVersion(installed);
}

/** The `redis-server` or `valkey-server` on the PATH, of any version; null when there is none. */
export const findRedisBinary = (): Promise<string | null> => findOnPath(['redis-server', 'valkey-server']);

function redisMissing(reason: string, cause?: unknown): UnavailableError {
  const ways = [
    '1. name a running Redis: REDIS_QUEUE_URL=redis://… and REDIS_CACHE_URL=redis://… (one server may be both)',
    '2. install redis-server or valkey-server, 6.2 or later, so that it is on the PATH',
    '3. run this once as root on Debian or Ubuntu: it is then installed by apt-get',
  ];
  return new UnavailableError({ code: 'REDIS_MISSING', detail: `${reason} Any of these helps:\n  ${ways.join('\n  ')}`, cause });
}

async function findOnPath(names: string[]): Promise<string | null> {
  for (const name of names) {
    for (const folder of (process.env.PATH ?? '').split(path.delimiter).filter(Boolean)) {
      const file = path.join(folder, name);
      const executable = await access(file, constants.X_OK).then(
        () => true,
        () => false,
      );
      if (executable) return file;
    }
  }
  return null;
}

async function checkVersion(binary: string): Promise<string> {
  const { stdout } = await promisify(execFile)(binary, ['--version']);
  const [, major = 0, minor = 0] = (/v=(\d+)\.(\d+)/.exec(stdout) ?? []).map(Number);
  if (major > minimum[0] || (major === minimum[0] && minor >= minimum[1])) return binary;
  throw redisMissing(`${binary} is version ${major}.${minor}, and ${minimum.join('.')} is the least that works.`);
}

/** The package would start a Redis of its own on 6379; a policy that forbids it stands for the time of the installation. */
async function installByApt(log: LogLine): Promise<void> {
  log('Redis: installing redis-server by apt-get (once)');
  const ownPolicy = await writeFile(policyFile, '#!/bin/sh\nexit 101\n', { flag: 'wx' }).then(
    () => true,
    () => false, // There is a policy already: it is the operator's, and stays.
  );
  try {
    if (ownPolicy) await chmod(policyFile, 0o755);
    const lists = await readdir('/var/lib/apt/lists').catch(() => []);
    if (!lists.some((name) => name.includes('Packages'))) await apt(['update'], log);
    await apt(['install', '-y', '--no-install-recommends', 'redis-server'], log).catch(async () => {
      log('Redis: refreshing the package lists');
      await apt(['update'], log);
      await apt(['install', '-y', '--no-install-recommends', 'redis-server'], log);
    });
  } catch (error) {
    throw redisMissing('apt-get could not install redis-server.', error);
  } finally {
    if (ownPolicy) await rm(policyFile, { force: true });
  }
}

function apt(args: string[], log: LogLine): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn('apt-get', ['-q', ...args], {
      env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const last: string[] = [];
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (chunk: string) => last.push(...chunk.split('\n').filter((line) => line.trim())));
    }
    const heartbeat = setInterval(() => log(`Redis: apt-get ${args[0]} … ${last.at(-1) ?? ''}`.slice(0, 120)), 5_000);
    child.once('error', reject);
    child.once('close', (code) => {
      clearInterval(heartbeat);
      if (code === 0) resolve();
      else reject(new Error(`apt-get ${args[0]} ended with ${code}: ${last.slice(-5).join(' / ')}`));
    });
  });
}
