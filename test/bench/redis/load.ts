import { type ChildProcess, fork, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { repository } from '../../e2e/fleet.ts';
import { cpuSecondsOf } from '../support/run-program.ts';
import type { LapOrder, LapOutcome } from './load-client.ts';

/** What is asked of one server. */
export interface Target {
  title: string;
  pid: number;
  url: string;
  /** Headers of each connection. */
  headers: readonly Record<string, string>[];
  /** Expected of every answer. */
  status: number;
}

export interface Lap {
  perSecond: number;
  p99: number;
  /** Of the server, for one request. */
  cpuMicros: number;
  /** Cores that the server kept busy: near 1 it was the server that set the pace, and not the client or the machine. */
  busyCores: number;
}

/** Each target in turn, again and again; the first round warms up and does not count. Laps by target. */
export async function measureLaps(targets: readonly Target[], options: { rounds: number; seconds: number }): Promise<Lap[][]> {
  const client = fork('test/bench/redis/load-client.ts', { cwd: repository, execArgv: [] });
  const laps = targets.map((): Lap[] => []);
  try {
    for (let round = -1; round < options.rounds; round++)
      for (const [index, target] of targets.entries()) {
        const lap = await measure(client, target, options.seconds);
        if (round >= 0) laps[index]?.push(lap);
      }
  } finally {
    client.kill();
  }
  return laps;
}

/** A server of the bench as a process of its own; `line` is the first that it printed. */
export async function startScript(script: string, ...args: string[]): Promise<{ pid: number; line: string; stop(): Promise<void> }> {
  const child: ChildProcess = spawn(process.execPath, [script, ...args], {
    cwd: repository,
    env: { PATH: process.env.PATH, NODE_ENV: 'production' },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  if (!child.stdout) throw new Error('it has no output');
  const [line] = (await once(createInterface(child.stdout), 'line')) as [string];
  const stop = async () => {
    const ended = once(child, 'exit');
    child.kill('SIGKILL');
    await ended;
  };
  return { pid: child.pid ?? 0, line, stop };
}

async function measure(client: ChildProcess, target: Target, seconds: number): Promise<Lap> {
  const before = cpuSecondsOf(target.pid);
  client.send({ ...addressOf(target), status: target.status, seconds } satisfies LapOrder);
  const [outcome] = (await once(client, 'message')) as [LapOutcome];
  if ('fault' in outcome) throw new Error(`${target.title}: ${outcome.fault}`);
  const cpuSeconds = cpuSecondsOf(target.pid) - before;
  return {
    perSecond: outcome.answers / outcome.seconds,
    p99: outcome.p99,
    cpuMicros: (1e6 * cpuSeconds) / outcome.answers,
    busyCores: cpuSeconds / outcome.seconds,
  };
}

function addressOf({ url, headers }: Target): Pick<LapOrder, 'host' | 'port' | 'requests'> {
  const { hostname, port, host, pathname, search } = new URL(url);
  const requests = headers.map((of) => {
    const lines = Object.entries({ host, ...of }).map(([name, value]) => `${name}: ${value}\r\n`);
    return `GET ${pathname}${search} HTTP/1.1\r\n${lines.join('')}\r\n`;
  });
  return { host: hostname, port: Number(port), requests };
}
