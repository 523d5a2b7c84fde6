/** Remembers since when something looks wrong, so that one acts on what stays and not on what is just changing hands. */
export interface Patience {
  /** True once `key` was asked for in every round since at least `graceMs` ago. */
  ripe(key: string): boolean;
  /** Ends a round: what was not asked for in it is forgotten. */
  endRound(): void;
}

/** `now` gives milliseconds of a clock that never jumps. */
export function createPatience(graceMs: number, now: () => number = () => performance.now()): Patience {
  let earlier = new Map<string, number>();
  let current = new Map<string, number>();
  return {
    ripe(key) {
      const since = earlier.get(key) ?? now();
      current.set(key, since);
      return now() - since >= graceMs;
    },
    endRound() {
      earlier = current;
      current = new Map();
    },
  };
}
