/** Work that costs much is repeated less often, so that it takes a twentieth of the time at most. */
const restFactor = 20;

/**
 * The outcome of `work`, done by one caller at a time and kept for `keptMs`, longer when the work took long. While a new one is being made the last one
 * is given; after a failure there is none.
 */
export function keepFresh<T>(work: () => Promise<T>, keptMs: number): () => Promise<T> {
  let running: Promise<T> | null = null;
  let last: { value: T; until: number } | null = null;

  const run = async (): Promise<T> => {
    const began = performance.now();
    try {
      const value = await work();
      const now = performance.now();
      last = { value, until: now + Math.max(keptMs, (now - began) * restFactor) };
      return value;
    } catch (error) {
      last = null;
      throw error;
    }
  };

  return async () => {
    if (last && performance.now() < last.until) return last.value;
    running ??= run().finally(() => {
      running = null;
    });
    if (last === null) return running;
    // Whoever is given the last one does not hear of a failure; the next caller does.
    running.catch(() => {});
    return last.value;
  };
}
