import { randomUUID } from 'node:crypto';
import { withDeadline } from '@gradeflow/lifecycle';
import type { Logger } from '@gradeflow/logger';
import type { Redis } from 'ioredis';
import { type HeartbeatRecord, handBackRecord, heartbeatKey } from './hand-back.ts';
import { replaceIfHalfOpen } from './link.ts';
import { createPeerWatch } from './peer-watch.ts';

const beatMs = 1_000;
const recordsTtlSeconds = 24 * 3_600;

export interface HeartbeatParts {
  redis: Redis;
  prefix: string;
  instanceId: string;
  log: Logger;
  /** Called after a half-open connection was replaced. */
  onLinkReplaced: () => void;
  /** What a record says of a worker besides its name. */
  describe?: (workerId: string) => Omit<HeartbeatRecord['workers'][number], 'queue' | 'id'>;
  /** After a beat that was answered in time, and after one that was not. */
  onBeat?: (answered: boolean) => void;
}

export interface Heartbeat {
  /** Resolves when Redis knows that this process has this worker: before that it must not take a job. */
  announce(worker: { queue: string; id: string }): Promise<void>;
  /** Stops; `forget` takes the own record away, because nothing is held any more. */
  close(options: { forget: boolean }): Promise<void>;
}

/**
 * Once a second, on the connection that the workers use, one command does three things: it says that this process lives, it shows that
 * the connection lives, and it reads who else lives. A process whose beat did not change over three answered seconds is dead: its jobs
 * are handed back. A beat that was not answered in time starts the count again, so that a pause of Redis never looks like a death.
 */
export function startHeartbeat(parts: HeartbeatParts): Heartbeat {
  const { redis, prefix, instanceId, log } = parts;
  const key = heartbeatKey(prefix);
  const workers: HeartbeatRecord['workers'] = [];
  const waiting = new Map<HeartbeatRecord['workers'][number], () => void>();
  const peers = createPeerWatch();
  const stop = new AbortController();
  let unanswered: Promise<unknown> | undefined;
  let timer: NodeJS.Timeout | undefined;
  let predecessorDone = false;

  const beat = async (): Promise<void> => {
    if (!predecessorDone) {
      await handBackOwnPast(parts, key);
      predecessorDone = true;
    }
    const told = [...workers];
    const described = told.map((worker) => ({ ...worker, ...parts.describe?.(worker.id) }));
    const record = { beat: randomUUID(), at: new Date().toISOString(), workers: described } satisfies HeartbeatRecord;
    const started = performance.now();
    const replies = await redis.multi().hset(key, instanceId, JSON.stringify(record)).expire(key, recordsTtlSeconds).hgetall(key).exec();
    for (const worker of told) {
      waiting.get(worker)?.();
      waiting.delete(worker);
    }
    if (performance.now() - started > beatMs) {
      parts.onBeat?.(false);
      return peers.forget();
    }
    parts.onBeat?.(true);
    const records = (replies?.[2]?.[1] ?? {}) as Record<string, string>;
    for (const dead of peers.observe(records, instanceId)) await handBack(dead, records[dead] ?? '');
  };

  const missed = async (error: unknown): Promise<void> => {
    peers.forget();
    parts.onBeat?.(false);
    if (stop.signal.aborted) return;
    log.debug({ err: error }, 'the queue Redis did not take the heartbeat within a second');
    if (await replaceIfHalfOpen(redis, log)) parts.onLinkReplaced();
  };

  const handBack = async (dead: string, record: string): Promise<void> => {
    try {
      await handBackRecord({ redis, prefix, log }, dead, record);
    } catch (error) {
      log.warn({ err: error, deadInstance: dead }, 'jobs of a dead process could not be handed back; tried again at the next beat');
    }
  };

  const tick = async (): Promise<void> => {
    const began = performance.now();
    let answered = false;
    try {
      unanswered ??= beat().finally(() => {
        unanswered = undefined;
      });
      await withDeadline(unanswered, beatMs);
      answered = true;
    } catch (error) {
      await missed(error);
    }
    if (!stop.signal.aborted) schedule(answered && waiting.size > 0 ? 0 : Math.max(0, beatMs - (performance.now() - began)));
  };
  const schedule = (ms: number): void => {
    clearTimeout(timer);
    timer = setTimeout(() => {
      timer = undefined;
      void tick();
    }, ms);
  };
  schedule(0);

  return {
    announce: (worker) =>
      new Promise((resolve) => {
        workers.push(worker);
        waiting.set(worker, resolve);
        // A beat that is on its way is followed at once by one that names this worker.
        if (timer) schedule(0);
      }),
    close: async ({ forget }) => {
      stop.abort();
      clearTimeout(timer);
      if (!forget) return;
      await unanswered?.catch(() => {});
      await redis.hdel(key, instanceId);
    },
  };
}

/** A process that comes back under its old name frees what it held when it died. */
async function handBackOwnPast(parts: HeartbeatParts, key: string): Promise<void> {
  const record = await parts.redis.hget(key, parts.instanceId);
  if (record !== null) await handBackRecord(parts, parts.instanceId, record);
}
