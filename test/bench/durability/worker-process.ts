import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface, type Interface } from 'node:readline';
import { type BenchWorkerEvent, type BenchWorkerSettings, waitFor } from '@gradeflow/testing';
import { repository } from '../../e2e/fleet.ts';

export type WorkerSettings = BenchWorkerSettings;
export type WorkerEvent = BenchWorkerEvent;

export interface WorkerProcess {
  child: ChildProcess;
  events: WorkerEvent[];
  /** Sends the signal; gives the milliseconds until the process was gone, null when it had to be killed after `atMostMs`. */
  end(signal: NodeJS.Signals, atMostMs?: number): Promise<number | null>;
}

/** Milliseconds since 1970, with fractions: comparable over processes. */
export const now = (): number => performance.timeOrigin + performance.now();

/** The program and arguments of a worker process. */
export function workerCommand(settings: WorkerSettings): string[] {
  return [`${repository}/packages/queue/src/testing/bench-worker.ts`, JSON.stringify(settings)];
}

const running = new Set<ChildProcess>();
// A bench that fails or is interrupted leaves nobody behind.
process.once('exit', () => {
  for (const child of running) child.kill('SIGKILL');
});

/** Has it killed when this process ends. */
export function tied<T extends ChildProcess>(child: T): T {
  running.add(child);
  child.once('exit', () => running.delete(child));
  return child;
}

/** What it prints, line by line. */
export function linesOf({ stdout }: ChildProcess): Interface {
  if (!stdout) throw new Error('the process has no stdout to be read');
  return createInterface({ input: stdout });
}

/** A worker in a process of its own; resolves when it takes jobs. Several may note what they do in one list. */
export async function startWorker(settings: WorkerSettings, events: WorkerEvent[] = []): Promise<WorkerProcess> {
  const child = tied(spawn(process.execPath, workerCommand(settings), { stdio: ['ignore', 'pipe', 'inherit', 'ipc'] }));
  linesOf(child).on('line', (line) => events.push(JSON.parse(line) as WorkerEvent));
  const isReady = () => events.some(({ event, pid }) => event === 'ready' && pid === child.pid);
  await waitFor(isReady, { timeoutMs: 20_000, everyMs: 5, what: 'the worker' });
  return { child, events, end: (signal, atMostMs = 10_000) => endProcess(child, signal, atMostMs) };
}

/** Sends the signal; gives the milliseconds until the process was gone, null when it had to be killed after `atMostMs`. */
export async function endProcess(child: ChildProcess, signal: NodeJS.Signals, atMostMs: number): Promise<number | null> {
  if (child.exitCode !== null || child.signalCode !== null) return 0;
  const exit = once(child, 'exit');
  const sent = performance.now();
  child.kill(signal);
  let forced = false;
  const timer = setTimeout(() => {
    forced = true;
    child.kill('SIGKILL');
  }, atMostMs);
  await exit;
  clearTimeout(timer);
  return forced ? null : performance.now() - sent;
}

/** The smallest value that so great a share of the values does not exceed. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.max(0, Math.ceil(share * sorted.length) - 1))] ?? Number.NaN;
}

/** `12 ms`, `1.2 s`; `> 60 s` for what did not happen within `capMs`. */
export function duration(ms: number | null, capMs?: number): string {
  if (ms === null) return capMs === undefined ? 'never' : `> ${capMs / 1_000} s`;
  if (ms < 10) return `${ms.toFixed(1)} ms`;
  return ms < 1_000 ? `${ms.toFixed(0)} ms` : `${(ms / 1_000).toFixed(ms < 10_000 ? 2 : 1)} s`;
}
