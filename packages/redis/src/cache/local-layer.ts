import type { CachedAnswer } from './types.ts';

/** How long an answer that Redis has confirmed may be given again without asking it. */
export const leaseMs = 50;
const maxEntries = 1_000;
const maxBodyLength = 100_000;

interface Entry extends CachedAnswer {
  epoch: number;
  tags: readonly string[];
  until: number;
}

/** The hottest answers, in this process. An entry lives by the lease that the look into Redis took, counted from before that look. */
export interface LocalLayer {
  find(key: string, epoch: number): CachedAnswer | null;
  /** True for a key that was asked for a moment ago: worth a lease, which writers will have to wait for. Notes the question. */
  isHot(key: string): boolean;
  /** Counts what was taken away; given to `keep`, so that a confirmation that was under way meanwhile is not kept. */
  changes(): number;
  keep(key: string, entry: CachedAnswer & { epoch: number; tags: readonly string[] }, look: { at: number; changes: number }): void;
  drop(tags: readonly string[]): void;
}

export function createLocalLayer(): LocalLayer {
  const entries = new Map<string, Entry>();
  const asked = new Map<string, number>();
  let changes = 0;

  const bound = (map: Map<string, unknown>) => {
    const oldest = map.size > maxEntries ? map.keys().next() : null;
    if (oldest && !oldest.done) map.delete(oldest.value);
  };

  return {
    find: (key, epoch) => {
      const entry = entries.get(key);
      if (!entry) return null;
      if (entry.epoch === epoch && performance.now() < entry.until) return entry;
      entries.delete(key);
      return null;
    },
    isHot: (key) => {
      const now = performance.now();
      const before = asked.get(key);
      asked.delete(key);
      asked.set(key, now);
      bound(asked);
      return before !== undefined && now - before < leaseMs;
    },
    changes: () => changes,
    keep: (key, entry, look) => {
      if (look.changes !== changes || entry.body.length > maxBodyLength) return;
      entries.delete(key);
      entries.set(key, { ...entry, until: look.at + leaseMs });
      bound(entries);
    },
    drop: (tags) => {
      changes += 1;
      for (const [key, entry] of entries) if (entry.tags.some((tag) => tags.includes(tag))) entries.delete(key);
    },
  };
}
