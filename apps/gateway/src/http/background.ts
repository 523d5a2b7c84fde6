/** Work that goes on after its answer was sent; shutdown waits for it. */
export interface Background {
  run(work: () => Promise<void>, onError: (error: unknown) => void): void;
  /** Resolves once nothing is under way. */
  drained(): Promise<void>;
}

/** Keeps the promises of work that nobody waits for, so that none is lost and none is unhandled. */
export function createBackground(): Background {
  const running = new Set<Promise<void>>();
  return {
    run: (work, onError) => {
      const task: Promise<void> = new Promise<void>((resolve) => setImmediate(resolve))
        .then(work)
        .catch(onError)
        .finally(() => running.delete(task));
      running.add(task);
    },
    drained: async () => {
      while (running.size > 0) await Promise.all(running);
    },
  };
}
