/** What can be seen of a worker in one moment in which Redis answered. */
export interface WorkerGlance {
  /** Jobs that it took since it began. */
  taken: number;
  /** Jobs that it runs now. */
  running: number;
  /** Jobs that it may run at once. */
  slots: number;
  /** Jobs that it could take now: 0 while its queue is paused, at its limit of jobs at once, or rate limited. */
  waiting: number;
}

/** In this order: another connection to wait on, another worker in its place, another process. */
export type Remedy = 'renew' | 'rebuild' | 'exit';

export interface DeafWatch {
  /** Takes what is seen now, once a second; gives what has to be done about it. */
  observe(glance: WorkerGlance): Remedy | null;
  /** Starts to count again: in this second Redis did not answer, or the worker was not to take anything. */
  forget(): void;
  /** Since when it has taken nothing although it could, once that has lasted long enough to be no coincidence. */
  deafSince(): Date | null;
}

/** Seconds in a row in which a worker took nothing although jobs waited and it had room. */
const remedies: Record<number, Remedy> = { 3: 'renew', 5: 'rebuild', 8: 'exit' };
const countsAsDeaf = 3;
/** One that is deaf again so soon after it was replaced is not helped by that. */
const rebuildAtMostEveryMs = 60_000;

/** Notices a worker that lives and is connected and yet takes nothing. */
export function createDeafWatch(now: () => Date = () => new Date()): DeafWatch {
  let seconds = 0;
  let since: Date | null = null;
  let lastTaken: number | null = null;
  let rebuiltAt: number | null = null;
  const forget = () => {
    seconds = 0;
    since = null;
  };
  return {
    forget,
    deafSince: () => (seconds >= countsAsDeaf ? since : null),
    observe: ({ taken, running, slots, waiting }) => {
      const idle = taken === lastTaken && running < slots && waiting > 0;
      lastTaken = taken;
      if (!idle) {
        forget();
        return null;
      }
      since ??= now();
      seconds += 1;
      const remedy = remedies[seconds] ?? null;
      if (remedy !== 'rebuild') return remedy;
      const again = rebuiltAt !== null && now().getTime() - rebuiltAt < rebuildAtMostEveryMs;
      rebuiltAt = now().getTime();
      return again ? 'exit' : 'rebuild';
    },
  };
}
