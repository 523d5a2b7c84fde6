import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import os from 'node:os';
import { fileURLToPath } from 'node:url';
import { UnavailableError } from '@gradeflow/errors';
import { type ChildAnswer, type ChildSettings, type ChildTask, fromPlainError, type TaskResults } from './protocol.ts';

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
  /** Throws what the child answered, or UnavailableError READER_CRASHED when it dies. */
  run<K extends ChildTask['kind']>(task: ChildTask & { kind: K }): Promise<TaskResults[K]>;
  /** SIGKILL; resolves when the process is gone. */
  kill(): Promise<void>;
}

const entry = fileURLToPath(new URL('./child-main.ts', import.meta.url));
/** Documents are hostile input: the process that opens them is given no secrets. */
const passedOn = ['PATH', 'HOME', 'LANG', 'TZ', 'TMPDIR', 'NODE_COMPILE_CACHE'];

/** Starts a reading process. `nice` is the scheduling priority, 0 (normal) to 19 (last). */
export function startReadingChild(settings: ChildSettings, nice: number): ReadingChild {
  const child = fork(entry, [JSON.stringify(settings)], {
    serialization: 'advanced',
    execArgv: ['--disable-warning=ExperimentalWarning'],
    env: { ...Object.fromEntries(passedOn.map((name) => [name, process.env[name]])), MALLOC_ARENA_MAX: '2', OMP_THREAD_LIMIT: '1' },
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
  });
  if (nice > 0 && child.pid !== undefined) lowerPriority(child.pid, nice);
  const startUpNoise = keepStartUpNoise(child);
  let alive = true;
  const gone = new Promise<void>((resolve) => {
    const end = () => {
      alive = false;
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
    run: async (task) => {
      const message = await exchange(child, task, () => startUpNoise.text());
      self.rssBytes = message.rssBytes;
      if (message.kind === 'error') throw fromPlainError(message.error);
      return message.value as TaskResults[typeof task.kind];
    },
    kill: () => {
      alive = false;
      child.kill('SIGKILL');
      return gone;
    },
  };
  return self;
}

/** A process that ended in the meantime has no priority to lower. */
function lowerPriority(pid: number, nice: number): void {
  try {
    os.setPriority(pid, nice);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ERR_SYSTEM_ERROR') throw error;
  }
}

/** Keeps what a child wrote to stderr before it was ready: the reason when it cannot start. Later output may hold page text and is dropped. */
function keepStartUpNoise(child: ChildProcess): { text: () => string } {
  let noise = '';
  let ready = false;
  child.once('message', () => {
    ready = true;
    noise = '';
  });
  child.stderr?.setEncoding('utf8').on('data', (chunk: string) => {
    if (!ready) noise = (noise + chunk).slice(-2_000);
  });
  return { text: () => noise.trim() };
}

/** Sends a task and waits for its answer or for the end of the process. */
async function exchange(
  child: ChildProcess,
  task: ChildTask,
  startUpNoise: () => string,
): Promise<Exclude<ChildAnswer, { kind: 'ready' }>> {
  const stop = new AbortController();
  const crashed = (cause: string) =>
    new UnavailableError({
      code: 'READER_CRASHED',
      detail: `The reading process ended (${cause})${startUpNoise() ? `: ${startUpNoise()}` : ''}.`,
    });
  try {
    return await new Promise((resolve, reject) => {
      const onMessage = (message: ChildAnswer) => {
        if (message.kind !== 'ready') resolve(message);
      };
      child.on('message', onMessage);
      stop.signal.addEventListener('abort', () => child.off('message', onMessage));
      once(child, 'close', { signal: stop.signal }).then(
        ([code, signal]) => reject(crashed(signal ? `signal ${signal}` : `exit code ${code}`)),
        (error: Error) => {
          if (error.name !== 'AbortError') reject(crashed(error.message));
        },
      );
      if (child.exitCode !== null || child.signalCode !== null) reject(crashed(`exit code ${child.exitCode}, signal ${child.signalCode}`));
      else
        child.send(task, (error) => {
          if (error) reject(crashed(error.message));
        });
    });
  } finally {
    stop.abort();
  }
}
