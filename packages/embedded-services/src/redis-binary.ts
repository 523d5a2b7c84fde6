import { execFile } from 'node:child_process';
import { chmod, rm, writeFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { UnavailableError } from '@gradeflow/errors';
import { canInstallByApt, installByApt } from './apt.ts';
import { findOnPath } from './find-on-path.ts';
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
  if (!(await canInstallByApt())) throw redisMissing('There is no redis-server on the PATH.');
  await installRedis(options.log);
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

async function checkVersion(binary: string): Promise<string> {
  const { stdout } = await promisify(execFile)(binary, ['--version']);
  const [, major = 0, minor = 0] = (/v=(\d+)\.(\d+)/.exec(stdout) ?? []).map(Number);
  if (major > minimum[0] || (major === minimum[0] && minor >= minimum[1])) return binary;
  throw redisMissing(`${binary} is version ${major}.${minor}, and ${minimum.join('.')} is the least that works.`);
}

/** The package would start a Redis of its own on 6379; a policy that forbids it stands for the time of the installation. */
async function installRedis(log: LogLine): Promise<void> {
  const ownPolicy = await writeFile(policyFile, '#!/bin/sh\nexit 101\n', { flag: 'wx' }).then(
    () => true,
    () => false, // There is a policy already: it is the operator's, and stays.
  );
  try {
    if (ownPolicy) await chmod(policyFile, 0o755);
    await installByApt(['redis-server'], { log, purpose: 'Redis' });
  } catch (error) {
    throw redisMissing('apt-get could not install redis-server.', error);
  } finally {
    if (ownPolicy) await rm(policyFile, { force: true });
  }
}
