import { type Redis, type RedisGuard, retryTransient } from '@gradeflow/redis';
import { accessSeconds } from './access-token.ts';

/** Sessions that have ended while access tokens of theirs are still running. */
export interface Revocations {
  /** Ends every access token of the session here at once, and everywhere while Redis is up. Never throws. */
  end(sessionId: string): Promise<void>;
  /** False when Redis does not answer: then a token stops at its expiry. */
  isEnded(sessionId: string): Promise<boolean>;
}

/** Tokens are accepted a few seconds beyond their end (clock tolerance). */
const keepSeconds = accessSeconds + 10;

/** `guard` is of the same connection. */
export function createRevocations(redis: Redis, guard: RedisGuard, onError: (error: unknown) => void): Revocations {
  const endedHere = new Map<string, number>();
  // A short wait may bring it back; without a connection there is nothing to wait for.
  const tell = async (sessionId: string) => {
    const set = () => redis.set(keyOf(sessionId), '1', 'EX', keepSeconds);
    await (redis.status === 'ready' ? retryTransient(set) : set());
  };
  const keyOf = (sessionId: string) => `gf:revoked:${sessionId}`;

  return {
    end: async (sessionId) => {
      const now = Date.now();
      for (const [id, until] of endedHere) if (until < now) endedHere.delete(id);
      endedHere.set(sessionId, now + keepSeconds * 1000);
      await tell(sessionId).catch(onError);
    },
    isEnded: async (sessionId) => {
      if (endedHere.has(sessionId)) return true;
      const asked = await guard.ask((it) => it.exists(keyOf(sessionId)));
      return asked.answered && asked.value === 1;
    },
  };
}
