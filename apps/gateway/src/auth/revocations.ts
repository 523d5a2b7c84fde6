import { type Redis, type RedisGuard, retryTransient } from '@gradeflow/redis';
import { accessSeconds } from './access-token.ts';

/** Sessions that have ended while access tokens of theirs are still running. */
export interface Revocations {
  /** When it resolves, every access token of the session is refused: here in any case, everywhere while Redis is up. Takes a fifth of a second. Never throws. */
  end(sessionId: string): Promise<void>;
  /** False when Redis does not answer: then a token stops at its expiry. */
  isEnded(sessionId: string): Promise<boolean>;
}

/** Tokens are accepted a few seconds beyond their end (clock tolerance). */
const keepSeconds = accessSeconds + 10;
/** A session that was alive may be taken for alive so long, counted from before the look. Whoever ends one waits that out before answering. */
const leaseMs = 200;
const maxLeases = 20_000;

/** `guard` is of the same connection. */
export function createRevocations(redis: Redis, guard: RedisGuard, onError: (error: unknown) => void): Revocations {
  const endedHere = new Map<string, number>();
  /** Until when each session counts as alive without a look, the one looked at longest ago first. */
  const aliveUntil = new Map<string, number>();
  const keyOf = (sessionId: string) => `gf:revoked:${sessionId}`;
  // A short wait may bring it back; without a connection there is nothing to wait for.
  const tell = async (sessionId: string) => {
    const set = () => redis.set(keyOf(sessionId), '1', 'EX', keepSeconds);
    await (redis.status === 'ready' ? retryTransient(set) : set());
    // A timer may be a millisecond early.
    await new Promise((resolve) => setTimeout(resolve, leaseMs + 2));
  };

  return {
    end: async (sessionId) => {
      const now = Date.now();
      for (const [id, until] of endedHere) if (until < now) endedHere.delete(id);
      endedHere.set(sessionId, now + keepSeconds * 1000);
      await tell(sessionId).catch(onError);
    },
    isEnded: async (sessionId) => {
      if (endedHere.has(sessionId)) return true;
      const now = performance.now();
      if (now < (aliveUntil.get(sessionId) ?? 0)) return false;
      const asked = await guard.ask((it) => it.exists(keyOf(sessionId)));
      if (!asked.answered) return false;
      if (asked.value === 1) return true;
      aliveUntil.delete(sessionId);
      if (aliveUntil.size >= maxLeases) aliveUntil.delete(aliveUntil.keys().next().value ?? '');
      aliveUntil.set(sessionId, now + leaseMs);
      return false;
    },
  };
}
