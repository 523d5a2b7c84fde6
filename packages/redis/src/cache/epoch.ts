import { withDeadline } from '@gradeflow/lifecycle';
import { createCoalesce } from './coalesce.ts';
import type { CacheEpochs } from './types.ts';

/** How long a known epoch is believed; a write that could not be told to Redis waits as long before it answers. */
export const trustMs = 100;
/** Whoever uses a known epoch in the last part of that time has it asked for again, so that nobody waits for it while there is something to do. */
const aheadMs = 40;
/** Postgres gets so long to say the epoch; then for `restMs` it is not asked. Patient: a busy one is no reason to load everything from it. */
const answerMs = 1_000;
const restMs = 500;

export interface EpochWatch {
  /** The epoch, as Postgres said it within the last 100 ms; null when it does not say. */
  current(): Promise<number | null>;
  /** The same when it needs no question; null when it does. */
  known(): number | null;
  /** The last one that was known, for answers that are marked as stale; null before the first. */
  last(): number | null;
  /** The connection to Redis is new, and what it lost meanwhile nobody knows: the next question raises the epoch. */
  distrust(): void;
  /** Raises the epoch, and unless told otherwise waits until no process believes the one before. Throws when Postgres does not take it. */
  raise(options: { wait: boolean }): Promise<void>;
}

export function createEpochWatch(epochs: CacheEpochs): EpochWatch {
  const coalesce = createCoalesce();
  let known: { epoch: number; until: number } | null = null;
  let distrusted = true;
  let lost = 0;
  let restUntil = 0;
  let renewing = false;

  const ask = async (): Promise<number | null> => {
    const began = performance.now();
    if (known && began < known.until - aheadMs && !distrusted) return known.epoch;
    if (began < restUntil) return null;
    const [raises, lossesBefore] = [distrusted, lost];
    try {
      const epoch = await withDeadline(raises ? epochs.raise() : epochs.find(), answerMs);
      if (lost === lossesBefore) distrusted = false;
      known = { epoch, until: began + trustMs };
      return distrusted ? null : epoch;
    } catch {
      restUntil = performance.now() + restMs;
      return null;
    }
  };

  const askAhead = async () => {
    renewing = true;
    await coalesce('epoch', ask);
    renewing = false;
  };

  const knownNow = () => {
    if (!known || distrusted) return null;
    const leftMs = known.until - performance.now();
    if (leftMs <= 0) return null;
    if (leftMs <= aheadMs && !renewing) void askAhead();
    return known.epoch;
  };

  return {
    known: knownNow,
    current: async () => knownNow() ?? coalesce('epoch', ask),
    last: () => known?.epoch ?? null,
    distrust: () => {
      distrusted = true;
      lost += 1;
    },
    raise: async ({ wait }) => {
      await coalesce('raise', () => epochs.raise());
      known = null;
      if (wait) await new Promise((resolve) => setTimeout(resolve, trustMs));
    },
  };
}
