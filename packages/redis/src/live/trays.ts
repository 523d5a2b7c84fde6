import { keyOf, trayFamily } from '../families/live.ts';
import type { AskRedis } from './ask.ts';

export interface Tray {
  submissionIds: string[];
  expiresAt: Date;
}

/** What people have picked; it ends a week after it was last filled. Every call throws UnavailableError SERVICE_UNAVAILABLE without Redis. */
export interface Trays {
  find(userId: string): Promise<Tray | null>;
  /** Replaces what was there; nothing at all empties it and gives null. */
  put(userId: string, submissionIds: readonly string[]): Promise<Tray | null>;
  remove(userId: string): Promise<void>;
}

const ttlMs = trayFamily.ttlSeconds * 1000;

export function createTrays(ask: AskRedis): Trays {
  const remove = async (userId: string) => {
    await ask((redis) => redis.del(keyOf(trayFamily, userId)));
  };
  return {
    find: async (userId) => {
      const value = await ask((redis) => redis.get(keyOf(trayFamily, userId)));
      if (value === null) return null;
      const [expiresAt, ...submissionIds] = value.split(',');
      return { submissionIds, expiresAt: new Date(Number(expiresAt)) };
    },

    put: async (userId, submissionIds) => {
      if (submissionIds.length === 0) return remove(userId).then(() => null);
      const expiresAt = new Date(Date.now() + ttlMs);
      const value = [expiresAt.getTime(), ...submissionIds].join(',');
      await ask((redis) => redis.set(keyOf(trayFamily, userId), value, 'PX', ttlMs));
      return { submissionIds: [...submissionIds], expiresAt };
    },

    remove,
  };
}
