/** Remembers since when something looks wrong, so that one acts on what stays and not on what is just changing hands. */
export interface Patience {
  /** True once `key` was asked for in every round since at least `graceMs` ago, or when what it is about is that old (`ageMs`). */
  ripe(key: string, ageMs?: number): boolean;
  /** Ends a round: what was not asked for in it is forgotten. True when something was that is not ripe yet. */
  endRound(): boolean;
}

/** `now` gives milliseconds of a clock that never jumps. */
export function createPatience(graceMs: number, now: () => number = () => performance.now()): Patience {
  let earlier = new Map<string, number>();
  let current = new Map<string, number>();
  let unripe = false;
  return {
    ripe(key, ageMs = 0) {
      const since = earlier.get(key) ?? now();
      current.set(key, since);
      const ripe = Math.max(now() - since, ageMs) >= graceMs;
      unripe ||= !ripe;
      return ripe;
    },
    endRound() {
      earlier = current;
      current = new Map();
      const wasUnripe = unripe;
      unripe = false;
      return wasUnripe;
    },
  };
}

/** Milliseconds since this id was made, by the clock of whoever made it; 0 for one that does not tell (only UUIDs of version 7 do). */
export function ageOf(id: string, now: () => number = Date.now): number {
  const [, high, low] = /^([0-9a-f]{8})-([0-9a-f]{4})-7/i.exec(id) ?? [];
  return high && low ? Math.max(0, now() - Number.parseInt(high + low, 16)) : 0;
}
