import type { CachedAnswer } from './types.ts';

/** How long answers that Redis has confirmed may be given without asking it; a look renews that for all of them. */
export const leaseMs = 50;
/** Asked for twice in this time: hot. */
const hotMs = 1_000;
const maxEntries = 1_000;
const maxBodyLength = 20_000;

interface Entry extends CachedAnswer {
  epoch: number;
  tags: readonly string[];
  /** When the answer itself ends. */
  until: number;
}

/** What ended answers, somewhere. `previous` is the change before it: whoever does not know that one has missed something. */
export interface Change {
  id: string;
  previous: string;
  tags: readonly string[];
}

/** What a look into Redis gave this process, beside what it looked for. */
export interface Lease {
  /** Before the look, by `performance.now()`. */
  at: number;
  /** The last change that Redis knew of. */
  lastChange: string;
}

/**
 * The hottest answers, in this process. They are given only under the process's lease, which writers know of, and only while every change up to that lease was
 * heard: a change that was missed takes all of them.
 */
export interface LocalLayer {
  find(key: string, epoch: number): CachedAnswer | null;
  /** True for a key that was asked for a moment ago: worth a lease, which writers will have to wait for. Notes the question. */
  isHot(key: string): boolean;
  /** Counts what was taken away; given to `keep`, so that a confirmation that was under way meanwhile is not kept. */
  changes(): number;
  /** Redis gave the process a lease. */
  lease(lease: Lease): void;
  /** True when the lease is half over. */
  isLeaseOld(): boolean;
  keep(key: string, entry: CachedAnswer & { epoch: number; tags: readonly string[] }, look: { changes: number; until: number }): void;
  /** Somebody has changed something. */
  hear(change: Change): void;
  drop(tags: readonly string[]): void;
}

export function createLocalLayer(): LocalLayer {
  const entries = new Map<string, Entry>();
  const asked = new Map<string, number>();
  let changes = 0;
  let leasedUntil = 0;
  /** The last change that was heard, or that a lease was given after. */
  let lastChange = '';

  const bound = (map: Map<string, unknown>) => {
    const oldest = map.size > maxEntries ? map.keys().next() : null;
    if (oldest && !oldest.done) map.delete(oldest.value);
  };
  const dropAll = () => {
    changes += 1;
    entries.clear();
  };
  const drop = (tags: readonly string[]) => {
    changes += 1;
    for (const [key, entry] of entries) if (entry.tags.some((tag) => tags.includes(tag))) entries.delete(key);
  };

  return {
    find: (key, epoch) => {
      const entry = entries.get(key);
      if (!entry) return null;
      const now = performance.now();
      if (now >= leasedUntil) return null;
      if (entry.epoch === epoch && now < entry.until) return entry;
      entries.delete(key);
      return null;
    },
    isHot: (key) => {
      const now = performance.now();
      const before = asked.get(key);
      asked.delete(key);
      asked.set(key, now);
      bound(asked);
      return before !== undefined && now - before < hotMs;
    },
    changes: () => changes,
    lease: (lease) => {
      if (lease.lastChange !== lastChange) dropAll();
      lastChange = lease.lastChange;
      leasedUntil = Math.max(leasedUntil, lease.at + leaseMs);
    },
    isLeaseOld: () => performance.now() > leasedUntil - leaseMs / 2,
    keep: (key, entry, look) => {
      if (look.changes !== changes || entry.body.length > maxBodyLength) return;
      entries.delete(key);
      entries.set(key, { ...entry, until: look.until });
      bound(entries);
    },
    hear: ({ id, previous, tags }) => {
      if (previous === lastChange) drop(tags);
      else dropAll();
      lastChange = id;
    },
    drop,
  };
}
