import type { Redis } from '@gradeflow/redis';
import { ConsecutiveBreaker, circuitBreaker, handleAll, TimeoutStrategy, timeout, wrap } from 'cockatiel';
import { accessSeconds } from './access-token.ts';

/** Sessions that have ended while access tokens of theirs are still running. */
export interface Revocations {
  /** Ends every access token of the session here at once, and everywhere while Redis is up. Never throws. */
  end(sessionId: string): Promise<void>;
  /** False when Redis does not answer: then a token stops at its expiry. */
  isEnded(sessionId: string): Promise<boolean>;
}

/** Longest wait for the list; a silent Redis costs it once and is then left alone for a second. */
const answerWithinMs = 100;
const restMs = 1_000;
/** Tokens are accepted a few seconds beyond their end (clock tolerance). */
const keepSeconds = accessSeconds + 10;

export function createRevocations(redis: Redis, onError: (error: unknown) => void): Revocations {
  const endedHere = new Map<string, number>();
  const guard = wrap(
    circuitBreaker(handleAll, { halfOpenAfter: restMs, breaker: new ConsecutiveBreaker(1) }),
    timeout(answerWithinMs, TimeoutStrategy.Aggressive),
  );
  const keyOf = (sessionId: string) => `gf:revoked:${sessionId}`;

  return {
    end: async (sessionId) => {
      const now = Date.now();
      for (const [id, until] of endedHere) if (until < now) endedHere.delete(id);
      endedHere.set(sessionId, now + keepSeconds * 1000);
      await redis.set(keyOf(sessionId), '1', 'EX', keepSeconds).catch(onError);
    },
    isEnded: async (sessionId) => {
      if (endedHere.has(sessionId)) return true;
      if (redis.status !== 'ready') return false;
      return guard.execute(async () => (await redis.exists(keyOf(sessionId))) === 1).catch(() => false);
    },
  };
}
