import { type RedisGuard, retryTransient } from '@gradeflow/redis';
import { accessSeconds } from './access-token.ts';

/** Sessions that have ended while access tokens of theirs are still running. */
export interface Revocations {
  /**
   * When it resolves, every access token of the session is refused: here in any case, everywhere while Redis is up, else once it is again. Takes a fifth of a
   * second, and while Redis is away no longer than the guard waits. Never throws.
   */
  end(sessionId: string): Promise<void>;
  /** False when Redis does not answer: then a token stops at its expiry. */
  isEnded(sessionId: string): Promise<boolean>;
  /** True for a session that needs no look: it was alive a moment ago, and whoever ends it waits. Asked towards the end of that moment it looks again, and nobody waits for that. */
  isSurelyAlive(sessionId: string): boolean;
}

/** Tokens are accepted a few seconds beyond their end (clock tolerance). */
const keepSeconds = accessSeconds + 10;
/** A session that was alive may be taken for alive so long, counted from before the look. Whoever ends one waits that out before answering. */
const leaseMs = 200;
/** A session that is used in the last part of that time is looked at again. */
const aheadMs = 60;
const maxLeases = 20_000;

/** What Redis could not be told is told again every `retryMs`, for as long as a token of it may run. */
export function createRevocations(guard: RedisGuard, onError: (error: unknown) => void, { retryMs = 1_000 } = {}): Revocations {
  const endedHere = new Map<string, number>();
  /** Until when each session counts as alive without a look, the one looked at longest ago first. */
  const aliveUntil = new Map<string, number>();
  const untold = new Set<string>();
  /** Sessions that are being looked at ahead of time. */
  const looking = new Set<string>();
  let timer: NodeJS.Timeout | null = null;

  /** Whether Redis has it. */
  const tell = async (sessionId: string): Promise<boolean> => {
    const seconds = Math.ceil(((endedHere.get(sessionId) ?? 0) - Date.now()) / 1_000);
    const set = () => guard.ask((redis) => retryTransient(() => redis.set(keyOf(sessionId), '1', 'EX', seconds)));
    const asked = seconds > 0 ? await set() : null;
    if (asked === null || asked.answered) untold.delete(sessionId);
    else if (!untold.has(sessionId)) {
      untold.add(sessionId);
      onError(asked.cause);
    }
    return asked?.answered === true;
  };
  const tellAgain = async () => {
    // One after another: while Redis is silent the first of them pays, the others cost nothing.
    for (const sessionId of untold) await tell(sessionId);
    timer = null;
    tellLater();
  };
  const tellLater = () => {
    if (timer === null && untold.size > 0) timer = setTimeout(() => void tellAgain(), retryMs).unref();
  };

  /** What Redis says now; a session that is alive gets a lease. */
  const look = async (sessionId: string): Promise<boolean> => {
    const began = performance.now();
    const asked = await guard.ask((it) => it.exists(keyOf(sessionId)));
    if (!asked.answered) return false;
    aliveUntil.delete(sessionId);
    if (asked.value === 1) return true;
    if (aliveUntil.size >= maxLeases) aliveUntil.delete(aliveUntil.keys().next().value ?? '');
    aliveUntil.set(sessionId, began + leaseMs);
    return false;
  };
  const lookAhead = async (sessionId: string) => {
    looking.add(sessionId);
    await look(sessionId);
    looking.delete(sessionId);
  };
  const leftMs = (sessionId: string) => (endedHere.has(sessionId) ? 0 : (aliveUntil.get(sessionId) ?? 0) - performance.now());

  return {
    end: async (sessionId) => {
      const now = Date.now();
      for (const [id, until] of endedHere) if (until < now) endedHere.delete(id);
      endedHere.set(sessionId, now + keepSeconds * 1000);
      const isTold = await tell(sessionId);
      tellLater();
      // Nobody who can not look has a lease to wait for. A timer may be a millisecond early.
      if (isTold) await new Promise((resolve) => setTimeout(resolve, leaseMs + 2));
    },
    isSurelyAlive: (sessionId) => {
      const left = leftMs(sessionId);
      if (left > 0 && left <= aheadMs && !looking.has(sessionId)) void lookAhead(sessionId);
      return left > 0;
    },
    isEnded: async (sessionId) => {
      if (endedHere.has(sessionId)) return true;
      return leftMs(sessionId) <= 0 && look(sessionId);
    },
  };
}

const keyOf = (sessionId: string) => `gf:revoked:${sessionId}`;
