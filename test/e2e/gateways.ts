import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Role } from '@gradeflow/contracts';
import type { Database } from '@gradeflow/database';
import { chooseFreePort } from '@gradeflow/embedded-services';
import { waitFor } from '@gradeflow/testing';
import { hash } from '@node-rs/argon2';
import { uuidv7 } from 'uuidv7';
import { repository } from './fleet.ts';

export interface GatewayProcess {
  url: string;
  pid: number;
  stop(): Promise<void>;
}

export interface GatewayPlace {
  dataDir: string;
  databaseUrl: string;
  queueUrl: string;
  cacheUrl: string;
}

/** One gateway as a process of its own, without workers; resolves when it answers. Several on one place are one installation. */
export async function startGateway({ dataDir, databaseUrl, queueUrl, cacheUrl }: GatewayPlace): Promise<GatewayProcess> {
  const port = await chooseFreePort();
  const env = {
    ...{ PATH: process.env.PATH, NODE_ENV: 'production', LOG_LEVEL: 'error', UV_THREADPOOL_SIZE: '8' },
    // What is asked of them here is more than any person would ask.
    ...{ LIMIT_API: '100000000/60', LIMIT_UPLOAD: '100000000/60', LIMIT_LOGIN_ADDRESS: '100000/60' },
    ...{ PORT: String(port), DATA_DIR: dataDir, DATABASE_URL: databaseUrl, REDIS_QUEUE_URL: queueUrl, REDIS_CACHE_URL: cacheUrl },
  };
  const child: ChildProcess = spawn(process.execPath, ['--external-memory-accounted-in-global-limit', 'apps/gateway/src/main.ts'], {
    cwd: repository,
    env,
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  const url = `http://127.0.0.1:${port}`;
  const answers = async () => {
    if (child.exitCode !== null) throw new Error(`the gateway ended with ${child.exitCode}`);
    return (await fetch(`${url}/healthz`)).ok;
  };
  await waitFor(answers, { timeoutMs: 60_000, everyMs: 100, what: 'the gateway' });
  return {
    url,
    pid: child.pid ?? 0,
    stop: async () => {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const ended = once(child, 'exit');
      child.kill('SIGKILL');
      await ended;
    },
  };
}

const password = 'a password of tests alone';

export interface Person {
  id: string;
  email: string;
}

/** An institution with people of this role, who all have the same password. */
export async function seedPeople(database: Database, role: Role, count: number): Promise<Person[]> {
  const institutionId = uuidv7();
  const passwordHash = await hash(password, { memoryCost: 19_456, timeCost: 2, parallelism: 1 });
  await database.institutions.insert({ id: institutionId, name: 'An institution' });
  const people = Array.from({ length: count }, () => ({ id: uuidv7(), email: `${uuidv7()}@example.org` }));
  for (const person of people) await database.users.insert({ ...person, institutionId, name: 'Somebody', role, passwordHash });
  return people;
}

/** The authorization header of a person. */
export async function signInAt(gateway: GatewayProcess, { email }: Person): Promise<string> {
  const headers = { 'content-type': 'application/json' };
  const answer = await fetch(`${gateway.url}/v1/auth/login`, { method: 'POST', headers, body: JSON.stringify({ email, password }) });
  if (answer.status !== 200) throw new Error(`login answered ${answer.status}: ${await answer.text()}`);
  return `Bearer ${((await answer.json()) as { accessToken: string }).accessToken}`;
}

export interface HuntResult {
  reads: number;
  writes: number;
  stale: number;
  failed: number;
  slowestReadMs: number;
  slowestWriteMs: number;
  /** By `X-Cache`. */
  outcomes: Record<string, number>;
}

/**
 * One person's profile, counted up over one gateway after another by one writer, and read over all gateways by several readers, until `reads` were made. A read that
 * began after a write's answer had arrived and shows less than that write is stale.
 */
export async function huntStaleReads(
  gateways: readonly GatewayProcess[],
  authorization: string,
  options: { reads: number; readers: number },
): Promise<HuntResult> {
  const result: HuntResult = { reads: 0, writes: 0, stale: 0, failed: 0, slowestReadMs: 0, slowestWriteMs: 0, outcomes: {} };
  let answered = 0;
  const write = async () => {
    for (let n = 1; result.reads < options.reads; n++) {
      const began = performance.now();
      const body = JSON.stringify({ preferences: { n } });
      const headers = { authorization, 'content-type': 'application/json' };
      const answer = await fetch(`${gateways[n % gateways.length]?.url}/v1/users/me`, { method: 'PATCH', headers, body });
      await answer.arrayBuffer();
      result.slowestWriteMs = Math.max(result.slowestWriteMs, performance.now() - began);
      if (answer.status === 200) answered = n;
      else result.failed += 1;
      result.writes += 1;
      await new Promise((resolve) => setTimeout(resolve, Math.random() * 40));
    }
  };
  const read = async (gateway: GatewayProcess) => {
    while (result.reads < options.reads) {
      result.reads += 1;
      const least = answered;
      const began = performance.now();
      const answer = await fetch(`${gateway.url}/v1/users/me`, { headers: { authorization } });
      const body = (await answer.json()) as { preferences?: { n?: number } };
      result.slowestReadMs = Math.max(result.slowestReadMs, performance.now() - began);
      const outcome = answer.headers.get('x-cache') ?? String(answer.status);
      result.outcomes[outcome] = (result.outcomes[outcome] ?? 0) + 1;
      if (answer.status !== 200) result.failed += 1;
      else if ((body.preferences?.n ?? 0) < least) result.stale += 1;
    }
  };
  await Promise.all([
    write(),
    ...Array.from({ length: options.readers }, (_, i) => gateways[i % gateways.length]).flatMap((gateway) =>
      gateway ? [read(gateway)] : [],
    ),
  ]);
  return result;
}
