import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { closeSync, mkdirSync, openSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { UnavailableError } from '@gradeflow/errors';

/** Takes one progress line for people. */
export type LogLine = (line: string) => void;

/** A database server that this process started. */
export interface EmbeddedService {
  url: string;
  pid: number;
  port: number;
  /** Resolves when the process has ended, by `stop` or by itself. */
  ended: Promise<void>;
  /** Ends it in good order and waits until it is gone; later calls join the first. */
  stop(): Promise<void>;
  /** Ends it at once; what was synced survives. */
  kill(): void;
}

export interface ServiceProcess {
  pid: number;
  ended: Promise<void>;
  hasEnded(): boolean;
}

/**
 * Starts a server in its own process group (a terminal's Ctrl-C must not reach it before its clients are done), writing to
 * `logFile`, which is emptied first. A pipe would break the server when this process dies.
 */
export async function spawnService(
  command: string,
  args: string[],
  options: { logFile: string; uid?: number; gid?: number },
): Promise<ServiceProcess> {
  mkdirSync(path.dirname(options.logFile), { recursive: true });
  const output = openSync(options.logFile, 'w', 0o600);
  const { logFile: _, ...identity } = options;
  const child = spawn(command, args, { ...identity, detached: true, stdio: ['ignore', output, output], cwd: '/' });
  closeSync(output);
  const pid = await spawned(child);
  child.unref();
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  return { pid, ended, hasEnded: () => child.exitCode !== null || child.signalCode !== null };
}

function spawned(child: ChildProcess): Promise<number> {
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('spawn', () => resolve(child.pid as number));
  });
}

/**
 * Polls `answers` until it is true. Throws UnavailableError SERVICE_NOT_STARTED with the end of the server's own log when the server
 * ends first or needs longer than `timeoutMs`.
 */
export async function waitUntilReady(
  service: ServiceProcess,
  options: { name: string; logFile: string; timeoutMs: number; answers: () => Promise<boolean> },
): Promise<void> {
  const end = Date.now() + options.timeoutMs;
  for (;;) {
    const ready = await options.answers();
    // Asked in this order: somebody else's server on the same port must not count as ours.
    if (service.hasEnded()) throw notStarted(options.name, 'ended while starting', await logTail(options.logFile));
    if (ready) return;
    if (Date.now() > end) throw notStarted(options.name, `did not answer within ${options.timeoutMs} ms`, await logTail(options.logFile));
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

const notStarted = (name: string, what: string, tail: string) =>
  new UnavailableError({ code: 'SERVICE_NOT_STARTED', detail: `${name} ${what}. Its log ends with:\n${tail}` });

async function logTail(file: string): Promise<string> {
  const text = await readFile(file, 'utf8').catch(() => '');
  return text.trimEnd().split('\n').slice(-8).join('\n') || '(nothing)';
}
