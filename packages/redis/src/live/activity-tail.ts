import { activityTailFamily, keyOf } from '../families/live.ts';
import type { AskRedis } from './ask.ts';

/** Beyond this the oldest go; a few more stay, since whole blocks are cut off. */
const eventsKept = 500;
/** So soon, about, those who wait hear of it; one question to Redis for all of them. */
const lookEveryMs = 500;
/** While Redis does not answer, whoever waits looks for themselves this often. */
const blindMs = 5_000;
const waitersAtMost = 500;

/** The newest of the record of each institution, as a stream: wakes whoever waits for more. The record itself is in Postgres. */
export interface ActivityTail {
  /** Notes what was put on record. Returns at once and never throws: without Redis nobody is woken. */
  add(events: readonly { id: string; institutionId: string; action: string }[]): void;
  /** Where the stream of an institution ends; null: it is empty, or Redis does not say. Never throws. */
  end(institutionId: string): Promise<string | null>;
  /** Whether there is room for one more who waits. */
  hasRoom(): boolean;
  /**
   * Resolves when there may be more than at `end`: about half a second after it was added, after `ms` at the latest, when the signal says so or the tail is
   * closed; while Redis is away every few seconds. Whoever is woken looks at the record.
   */
  untilMore(institutionId: string, end: string | null, options: { ms: number; signal: AbortSignal }): Promise<void>;
  /** Wakes all who wait, and lets nobody wait any more. */
  close(): void;
}

interface Waiter {
  institutionId: string;
  end: string | null;
  since: number;
  wake(): void;
}

export function createActivityTail(ask: AskRedis): ActivityTail {
  const waiters = new Set<Waiter>();
  let looking = false;
  let closed = false;

  const ends = async (institutionIds: readonly string[]): Promise<Map<string, string | null> | null> => {
    try {
      const newest = await ask((redis) =>
        Promise.all(institutionIds.map((id) => redis.xrevrange(keyOf(activityTailFamily, id), '+', '-', 'COUNT', 1))),
      );
      return new Map(institutionIds.map((id, index) => [id, newest[index]?.[0]?.[0] ?? null]));
    } catch {
      return null;
    }
  };

  /** Goes on as long as somebody waits. */
  const look = async () => {
    const found = await ends([...new Set([...waiters].map(({ institutionId }) => institutionId))]);
    for (const waiter of waiters) {
      const end = found?.get(waiter.institutionId) ?? null;
      const isBlind = found === null && performance.now() - waiter.since >= blindMs;
      if (isBlind || (end !== null && end !== waiter.end)) waiter.wake();
    }
    looking = waiters.size > 0;
    if (looking) setTimeout(() => void look(), lookEveryMs).unref();
  };

  return {
    add: (events) => {
      const write = ask((redis) =>
        Promise.all(
          events.map(({ id, institutionId, action }) => {
            const key = keyOf(activityTailFamily, institutionId);
            const entry = ['id', id, 'action', action];
            return redis
              .multi()
              .xadd(key, 'MAXLEN', '~', eventsKept, '*', ...entry)
              .expire(key, activityTailFamily.ttlSeconds)
              .exec();
          }),
        ),
      );
      write.catch(() => {}); // those who wait see it at the end of their time
    },

    end: async (institutionId) => (await ends([institutionId]))?.get(institutionId) ?? null,

    hasRoom: () => !closed && waiters.size < waitersAtMost,

    untilMore: (institutionId, end, { ms, signal }) =>
      new Promise((resolve) => {
        if (closed || signal.aborted) return resolve();
        const wake = () => {
          clearTimeout(timer);
          signal.removeEventListener('abort', wake);
          waiters.delete(waiter);
          resolve();
        };
        const waiter: Waiter = { institutionId, end, since: performance.now(), wake };
        const timer = setTimeout(wake, ms);
        signal.addEventListener('abort', wake);
        waiters.add(waiter);
        if (!looking) {
          looking = true;
          setTimeout(() => void look(), lookEveryMs).unref();
        }
      }),

    close: () => {
      closed = true;
      for (const waiter of waiters) waiter.wake();
    },
  };
}
