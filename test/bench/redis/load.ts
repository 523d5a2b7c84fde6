import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import autocannon from 'autocannon';
import { repository } from '../../e2e/fleet.ts';
import { cpuSecondsOf } from '../support/run-program.ts';

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
}

/** Each target in turn, again and again; the first round warms up and does not count. Laps by target. */
export async function measureLaps(targets: readonly Target[], options: { rounds: number; seconds: number }): Promise<Lap[][]> {
  const laps = targets.map((): Lap[] => []);
  for (let round = -1; round < options.rounds; round++)
    for (const [index, target] of targets.entries()) {
      const lap = await measure(target, options.seconds);
      if (round >= 0) laps[index]?.push(lap);
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

async function measure({ pid, url, headers, status, title }: Target, seconds: number): Promise<Lap> {
  let next = 0;
  const before = cpuSecondsOf(pid);
  const result = await autocannon({
    ...{ url, connections: headers.length, duration: seconds },
    setupClient: (client) => client.setHeaders(headers[next++ % headers.length]),
  });
  const cpuSeconds = cpuSecondsOf(pid) - before;
  const answered = result.statusCodeStats?.[`${status}`]?.count ?? 0;
  if (answered === 0 || answered !== result.requests.total)
    throw new Error(`${title}: ${answered} of ${result.requests.total} answers were ${status}: ${JSON.stringify(result.statusCodeStats)}`);
  return { perSecond: result.requests.average, p99: result.latency.p99, cpuMicros: (1e6 * cpuSeconds) / result.requests.total };
}
