/** Who was active lately. */
export interface LastSeen {
  /** Notes that this session or key was used; delays nobody. */
  note(who: { sessionId: string; kind: 'session' | 'api-key' }): void;
}

const everyMs = 60_000;
const maxRemembered = 20_000;

/** Tells Postgres of each session and key at most once a minute, after the answer. `write` sees to its own failures. */
export function createLastSeen(write: (who: { sessionId: string; kind: 'session' | 'api-key' }) => void): LastSeen {
  const told = new Map<string, number>();
  return {
    note: ({ sessionId, kind }) => {
      const now = Date.now();
      if (now - (told.get(sessionId) ?? 0) < everyMs) return;
      // In again at the end, so that the first one is the one that was told longest ago.
      told.delete(sessionId);
      told.set(sessionId, now);
      if (told.size > maxRemembered) told.delete(told.keys().next().value ?? '');
      write({ sessionId, kind });
    },
  };
}
