import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import os from 'node:os';
import { fileURLToPath } from 'node:url';
import { UnavailableError } from '@gradeflow/errors';
import type { KnownPage } from '../types.ts';
import { type ChildAnswer, type ChildSettings, type ChildTask, fromPlainError, type ParentMessage, type TaskResults } from './protocol.ts';

/** Answers a child that asks whether a page was read before. */
export type FindKnown = (contentHash: string) => Promise<KnownPage | null>;

/** One reading process. It does one task at a time and may die at any moment without harm to the caller. */
export interface ReadingChild {
  /** Document of its last task: consecutive pages of one file are cheaper in the same process. */
  lastPath: string | null;
  /** Pages read so far. */
  pages: number;
  /** Resident memory after the last task, bytes. */
  rssBytes: number;
  readonly pid: number | undefined;
  /** False once it has died or was told to. */
  isAlive(): boolean;
  /**
   * Throws what the child answered, or UnavailableError when it dies: READER_CRASHED in the middle of the task, READER_NOT_STARTED when it was
   * never ready for one, READER_CLOSED when it was asked to end. `findKnown` must not reject; without it no page is known.
   */
  run<K extends ChildTask['kind']>(task: ChildTask & { kind: K }, findKnown?: FindKnown): Promise<TaskResults[K]>;
  /** SIGKILL to it and to whatever it started; resolves when the process is gone. */
  kill(): Promise<void>;
}

const entry = fileURLToPath(new URL('./child-main.ts', import.meta.url));
/** Documents are hostile input: the process that opens them is given no secrets. */
const passedOn = ['PATH', 'HOME', 'LANG', 'TZ', 'TMPDIR', 'NODE_COMPILE_CACHE'];

/** glibc gives pictures back at once when they are freed, where it would keep them for later: 370 MB become 290 over twenty pages of a scan. */
const memorySettings = { MALLOC_ARENA_MAX: '2', MALLOC_MMAP_THRESHOLD_: '262144', MALLOC_TRIM_THRESHOLD_: '262144' };

/** Starts a reading process, in a process group of its own with the programs that it starts. `nice` is the scheduling priority, 0 (normal) to 19 (last). */
export function startReadingChild(settings: ChildSettings, nice: number): ReadingChild {
  const child = fork(entry, [JSON.stringify(settings)], {
    serialization: 'advanced',
    // Pages are spread over processes: threads that collect garbage would only take the core of another page.
    execArgv: ['--disable-warning=ExperimentalWarning', '--single-threaded-gc'],
    env: { ...Object.fromEntries(passedOn.map((name) => [name, process.env[name]])), ...memorySettings, OMP_THREAD_LIMIT: '1' },
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    detached: true,
  });
  if (nice > 0 && child.pid !== undefined) lowerPriority(child.pid, nice);
  const startUp = watchStartUp(child);
  let alive = true;
  const gone = new Promise<void>((resolve) => {
    const end = () => {
      alive = false;
      killGroup(child.pid); // a process that crashed leaves behind what it had started
      resolve();
    };
    child.once('exit', end);
    child.once('error', end);
  });

  const self: ReadingChild = {
    lastPath: null,
    pages: 0,
    rssBytes: 0,
    pid: child.pid,
    isAlive: () => alive,
    run: async (task, findKnown = async () => null) => {
      const message = await exchange(child, task, findKnown, startUp);
      self.rssBytes = message.rssBytes;
      if (message.kind === 'error') throw fromPlainError(message.error);
      return message.value as TaskResults[typeof task.kind];
    },
    kill: () => {
      alive = false;
      killGroup(child.pid);
      return gone;
    },
  };
  return self;
}

function killGroup(pid: number | undefined): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, 'SIGKILL');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

/** A process that ended in the meantime has no priority to lower. */
function lowerPriority(pid: number, nice: number): void {
  try {
    os.setPriority(pid, nice);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ERR_SYSTEM_ERROR') throw error;
  }
  lowerSession(pid, nice);
}

/**
 * Linux may share the processor out by session first (`sched_autogroup_enabled`), where the priority of a process counts among those of its own session alone. A
 * reading process has a session of its own, so that one is lowered too; a kernel that does not group so, or does not let us, has no use for it.
 */
function lowerSession(pid: number, nice: number): void {
  try {
    writeFileSync(`/proc/${pid}/autogroup`, String(nice));
  } catch {
    // The priority of the process stands in any case.
  }
}

interface StartUp {
  isOver(): boolean;
  noise(): string;
}

/** Keeps what a child wrote to stderr before it was ready: the reason when it cannot start. Later output may hold page text and is dropped. */
function watchStartUp(child: ChildProcess): StartUp {
  let noise = '';
  let ready = false;
  child.once('message', () => {
    ready = true;
    noise = '';
  });
  child.stderr?.setEncoding('utf8').on('data', (chunk: string) => {
    if (!ready) noise = (noise + chunk).slice(-2_000);
  });
  return { isOver: () => ready, noise: () => noise.trim() };
}

/** Sends a task and waits for its answer or for the end of the process; answers its questions in between. */
async function exchange(child: ChildProcess, task: ChildTask, findKnown: FindKnown, startUp: StartUp): Promise<TaskAnswer> {
  const stop = new AbortController();
  try {
    return await new Promise((resolve, reject) => {
      const ended = (code: number | null, signal: NodeJS.Signals | null) => reject(endOf(startUp, code, signal));
      const send = (message: ParentMessage) => child.send(message, (error) => error && reject(brokenOff(error)));
      const onMessage = (message: ChildAnswer) => {
        if (message.kind === 'is-known') void findKnown(message.contentHash).then((page) => tell(child, message.question, page));
        else if (message.kind !== 'ready') resolve(message);
      };
      child.on('message', onMessage);
      stop.signal.addEventListener('abort', () => child.off('message', onMessage));
      once(child, 'close', { signal: stop.signal }).then(
        ([code, signal]) => ended(code, signal),
        (error: Error) => {
          if (error.name !== 'AbortError') reject(brokenOff(error));
        },
      );
      if (child.exitCode !== null || child.signalCode !== null) ended(child.exitCode, child.signalCode);
      else send(task);
    });
  } finally {
    stop.abort();
  }
}

type TaskAnswer = Extract<ChildAnswer, { kind: 'result' | 'error' }>;

/** A child that died in the meantime needs no answer; its end is told elsewhere. */
function tell(child: ChildProcess, question: number, page: KnownPage | null): void {
  if (child.connected) child.send({ kind: 'known', question, page } satisfies ParentMessage, () => undefined);
}

/** Signals by which a process is asked to end: whoever sends one to a reading process is closing down, and no page is at fault. */
const politeSignals = ['SIGTERM', 'SIGINT', 'SIGHUP'];

/** Why a process ended that had a task. One that was never ready has not seen the page: what is wrong then is this installation or machine. */
function endOf(startUp: StartUp, exitCode: number | null, signal: NodeJS.Signals | null): UnavailableError {
  const cause = signal ? `signal ${signal}` : `exit code ${exitCode}`;
  if (signal && politeSignals.includes(signal))
    return new UnavailableError({ code: 'READER_CLOSED', detail: `Reading was shut down (${cause}).` });
  if (startUp.isOver()) return new UnavailableError({ code: 'READER_CRASHED', detail: `The reading process ended (${cause}).` });
  const noise = startUp.noise();
  return new UnavailableError({
    code: 'READER_NOT_STARTED',
    detail: `The reading process did not start (${cause})${noise ? `: ${noise}` : ''}.`,
  });
}

/** The process could not be started or reached. */
function brokenOff(cause: Error): UnavailableError {
  return new UnavailableError({ code: 'READER_NOT_STARTED', detail: `The reading process cannot be reached: ${cause.message}.`, cause });
}
