/**
 * Shares syncs of one folder among all who wait for one: whoever asks gets a sync that begins after the call, never one that is under way, since that may
 * have passed by what the caller has just renamed. Rejects with what the sync rejects with, for all who share it.
 */
export function createGroupSync(sync: () => Promise<void>): () => Promise<void> {
  let running: Promise<void> | null = null;
  let next: Promise<void> | null = null;

  const begin = (): Promise<void> => {
    next = null;
    const run = sync().finally(() => {
      if (running === run) running = null;
    });
    running = run;
    return run;
  };

  return () => {
    if (next) return next;
    if (!running) return begin();
    next = running.then(begin, begin);
    return next;
  };
}
