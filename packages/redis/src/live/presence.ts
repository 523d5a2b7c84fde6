import { keyOf, presenceFamily } from '../families/live.ts';
import type { AskRedis } from './ask.ts';

/** A person is written down at most this often by one process: so soon they are there again after Redis was emptied. */
const touchEveryMs = 5_000;
/** Clients that poll twice a minute and miss one do not flicker. */
const onlineForMs = 75_000;
const maxRemembered = 20_000;

export interface Presence {
  /** Notes that this person is there. Returns at once and never throws: without Redis nobody is noted. */
  touch(userId: string): void;
  /** Those of them that were seen in the last 30 days. Throws UnavailableError SERVICE_UNAVAILABLE. */
  find(userIds: readonly string[]): Promise<Map<string, { online: boolean; lastSeenAt: Date }>>;
}

/** Presence of all gateways on one Redis; their clocks may differ by seconds. */
export function createPresence(ask: AskRedis, now: () => number = Date.now): Presence {
  /** When each was touched here last, oldest first. */
  const touched = new Map<string, number>();

  const isDue = (userId: string): boolean => {
    const at = now();
    if (at - (touched.get(userId) ?? Number.NEGATIVE_INFINITY) < touchEveryMs) return false;
    touched.delete(userId);
    if (touched.size >= maxRemembered) touched.delete(touched.keys().next().value ?? '');
    touched.set(userId, at);
    return true;
  };

  return {
    touch: (userId) => {
      if (!isDue(userId)) return;
      const write = ask((redis) => redis.set(keyOf(presenceFamily, userId), now(), 'EX', presenceFamily.ttlSeconds));
      // Their next request tries again.
      write.catch(() => touched.delete(userId));
    },

    find: async (userIds) => {
      if (userIds.length === 0) return new Map();
      const values = await ask((redis) => redis.mget(userIds.map((id) => keyOf(presenceFamily, id))));
      const seen = userIds.flatMap((userId, index) => {
        const at = Number(values[index] ?? Number.NaN);
        return Number.isFinite(at) ? [[userId, { online: now() - at < onlineForMs, lastSeenAt: new Date(at) }] as const] : [];
      });
      return new Map(seen);
    },
  };
}
