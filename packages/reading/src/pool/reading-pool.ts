import { RefusedFileError, UnavailableError } from '@gradeflow/errors';
import type { Logger } from '@gradeflow/logger';
import type { OcrEngineName } from '../engines/choose-engine.ts';
import type { DocumentLimits, ReadingPool, ReadPageOptions } from '../types.ts';
import type { ChildSettings, ChildTask, TaskResults } from './protocol.ts';
import { type FindKnown, type ReadingChild, startReadingChild } from './reading-child.ts';

export interface ReadingPoolOptions {
  /** Most child processes at once; they are started when there is work. */
  size: number;
  limits: DocumentLimits;
  /** Longest time for one task in a child, start of the child included. 60 s when absent. */
  timeoutMs?: number;
  /** Scheduling priority of the children, 0 (normal, default) to 19 (last). */
  nice?: number;
  /** Folder with `<lang>.traineddata`, before system folders and the packaged data. */
  ocrDataDir?: string | undefined;
  /** Which engine reads by OCR; `auto` when absent. */
  ocrEngine?: OcrEngineName | undefined;
  /** A child is replaced after this many pages (20) … */
  recycleAfterPages?: number;
  /**
   * … or when it holds more memory than this after a page (340 MB, so that the next page stays below 400; with a document of 30 MB a child with
   * the native engine holds 260, beside 50 of its program).
   */
  recycleAboveMb?: number;
  /** A child without work ends after this time. 60 s when absent. */
  idleMs?: number;
  /** URL of a module exporting `createOcrEngine(languages, {ocrDataDir, engine})`, instead of the engines of this package. */
  engineModule?: string;
  log?: Logger;
}

/**
 * Reading in child processes. A child that crashes, hangs beyond `timeoutMs` or is aborted is killed; only the task in hand
 * fails and the next one gets a new child. Errors as in ReadingPool; besides, readPage throws UnavailableError READER_TIMED_OUT
 * after `timeoutMs`, READER_CLOSED after close(), READING_FAILED for a fault that is not the page's; an aborted call throws the signal's reason.
 */
export function createReadingPool(options: ReadingPoolOptions): ReadingPool {
  const { size, limits, timeoutMs = 60_000, nice = 0, idleMs = 60_000, log } = options;
  const { recycleAfterPages = 20, recycleAboveMb = 340, ocrDataDir = null, engineModule = null } = options;
  const settings: ChildSettings = { limits, ocrDataDir, ocrEngine: options.ocrEngine, engineModule };
  const idle = new Map<ReadingChild, NodeJS.Timeout>();
  const children = new Set<ReadingChild>();
  const waiting: Array<() => void> = [];
  const closing = new AbortController();
  let busy = 0;

  const end = async (child: ReadingChild): Promise<void> => {
    clearTimeout(idle.get(child));
    idle.delete(child);
    await child.kill();
    children.delete(child);
  };

  const takeChild = (path: string): ReadingChild => {
    const ready = [...idle.keys()].filter((child) => child.isAlive());
    const known = ready.find((child) => child.lastPath === path) ?? ready[0];
    if (known) {
      clearTimeout(idle.get(known));
      idle.delete(known);
      return known;
    }
    const child = startReadingChild(settings, nice);
    children.add(child);
    return child;
  };

  const giveBack = (child: ReadingChild): void => {
    const worn = child.pages >= recycleAfterPages || child.rssBytes > recycleAboveMb * 1e6;
    if (!child.isAlive() || worn || closing.signal.aborted) return void end(child);
    idle.set(child, setTimeout(() => void end(child), idleMs).unref());
  };

  const runInChild = async <K extends ChildTask['kind']>(
    task: ChildTask & { kind: K },
    path: string,
    signal: AbortSignal,
    findKnown?: FindKnown,
  ) => {
    const child = takeChild(path);
    const onAbort = () => void child.kill();
    signal.addEventListener('abort', onAbort, { once: true });
    try {
      if (task.kind === 'read-page') child.pages += 1;
      child.lastPath = path;
      return await child.run<K>(task, findKnown);
    } catch (error) {
      if (!child.isAlive()) log?.warn({ pid: child.pid, task: task.kind, cancelled: signal.aborted }, 'reading process ended');
      throw signal.aborted ? signal.reason : error;
    } finally {
      signal.removeEventListener('abort', onAbort);
      giveBack(child);
    }
  };

  const submit = async <K extends ChildTask['kind']>(
    task: ChildTask & { kind: K },
    path: string,
    { signal: caller, findKnown }: ReadPageOptions,
  ): Promise<TaskResults[K]> => {
    const cancel = AbortSignal.any([closing.signal, ...(caller ? [caller] : [])]);
    cancel.throwIfAborted();
    if (busy >= size) await turn(waiting, cancel);
    else busy += 1;
    const clock = new AbortController();
    const timer = setTimeout(() => clock.abort(timedOut(timeoutMs)), timeoutMs);
    try {
      return await runInChild<K>(task, path, AbortSignal.any([cancel, clock.signal]), findKnown);
    } finally {
      clearTimeout(timer);
      const next = waiting.shift();
      if (next) next();
      else busy -= 1;
    }
  };

  return {
    inspect: async (absolutePath, options = {}) => {
      const look = () => submit({ kind: 'inspect', absolutePath }, absolutePath, options);
      try {
        // A process may also die of something else; one that dies over the same file again died of the file.
        return await look().catch((error: unknown) => (hasCode(error, 'READER_CRASHED') ? look() : Promise.reject(error)));
      } catch (error) {
        const why = inspectFaults.find(({ code }) => hasCode(error, code))?.why;
        if (why === undefined) throw error;
        throw new RefusedFileError({ code: 'PDF_UNREADABLE', detail: `The file could not be opened: ${why}.`, cause: error });
      }
    },
    readPage: (request, options = {}) => submit({ kind: 'read-page', request }, request.file.absolutePath, options),
    proposeQuestions: (pages, options = {}) => submit({ kind: 'propose-questions', pages }, 'question paper', options),
    close: async () => {
      if (!closing.signal.aborted) closing.abort(new UnavailableError({ code: 'READER_CLOSED', detail: 'Reading was shut down.' }));
      await Promise.all([...children].map(end));
    },
  };
}

/** What a file does to the process that only looks at it, so that it is refused. */
const inspectFaults = [
  { code: 'READER_TIMED_OUT', why: 'reading it does not come to an end' },
  { code: 'READER_CRASHED', why: 'it ends the process that reads it' },
];

function hasCode(error: unknown, code: string): boolean {
  return error instanceof UnavailableError && error.code === code;
}

function timedOut(timeoutMs: number): UnavailableError {
  return new UnavailableError({ code: 'READER_TIMED_OUT', detail: `Reading took longer than ${timeoutMs} ms.` });
}

/** Waits for a place that a finished task hands over. Throws the signal's reason when it comes first. */
function turn(waiting: Array<() => void>, cancel: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const go = () => {
      cancel.removeEventListener('abort', leave);
      resolve();
    };
    const leave = () => {
      waiting.splice(waiting.indexOf(go), 1);
      reject(cancel.reason);
    };
    cancel.addEventListener('abort', leave, { once: true });
    waiting.push(go);
  });
}
