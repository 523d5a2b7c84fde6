/** Unchanged records in a row after which a process counts as dead. */
export const missedBeatsOfTheDead = 3;

export interface PeerWatch {
  /** Takes what Redis answered this second (records by instance id); gives the instances that count as dead now. */
  observe(records: Record<string, string>, self: string): string[];
  /** Starts all counts again: this second Redis did not answer in time. */
  forget(): void;
}

/** Counts, over seconds in which Redis answered, how often in a row each process's record was seen unchanged. */
export function createPeerWatch(): PeerWatch {
  const seen = new Map<string, { record: string; missed: number }>();
  return {
    forget: () => seen.clear(),
    observe: (records, self) => {
      for (const instanceId of seen.keys()) if (!(instanceId in records)) seen.delete(instanceId);
      for (const [instanceId, record] of Object.entries(records)) {
        const known = seen.get(instanceId);
        seen.set(instanceId, { record, missed: known?.record === record ? known.missed + 1 : 0 });
      }
      seen.delete(self);
      return [...seen].filter(([, { missed }]) => missed >= missedBeatsOfTheDead).map(([instanceId]) => instanceId);
    },
  };
}
