/**
 * At most one run of a work per key, and one that waits for it. Who asks while it runs shares the next run and not this one: a run that had begun before a
 * question may have looked before a write that the asker knows of.
 */
export type Coalesce = <T>(key: string, work: () => Promise<T>) => Promise<T>;

export function createCoalesce(): Coalesce {
  const lanes = new Map<string, { running: Promise<unknown>; next: Promise<unknown> | null }>();

  const start = <T>(key: string, work: () => Promise<T>): Promise<T> => {
    const lane: { running: Promise<unknown>; next: Promise<unknown> | null } = { running: Promise.resolve(), next: null };
    const run = work().finally(() => {
      if (lane.next === null) lanes.delete(key);
    });
    lane.running = run;
    lanes.set(key, lane);
    return run;
  };

  return <T>(key: string, work: () => Promise<T>): Promise<T> => {
    const lane = lanes.get(key);
    if (!lane) return start(key, work);
    lane.next ??= lane.running.catch(() => {}).then(() => start(key, work));
    return lane.next as Promise<T>;
  };
}
