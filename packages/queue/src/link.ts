import { setTimeout as sleep } from 'node:timers/promises';
import { withDeadline } from '@gradeflow/lifecycle';
import type { Logger } from '@gradeflow/logger';
import type { Redis } from 'ioredis';

const probeMs = 1_000;
/** How long the old connection may take once a new one got an answer. */
const lastChanceMs = 250;

/**
 * Replaces a half-open connection: one that is `ready` but silent while a fresh connection gets an answer. When Redis itself is silent
 * nothing is replaced, because commands sent over the old connection will be carried out when it wakes, and sending them again would do
 * them twice. True when the connection was replaced.
 */
export async function replaceIfHalfOpen(redis: Redis, log: Logger | undefined): Promise<boolean> {
  if (redis.status !== 'ready' || !(await freshConnectionAnswers(redis))) return false;
  // Redis may have woken this very moment.
  if (await answers(redis.ping(), lastChanceMs)) return false;
  if (redis.status !== 'ready') return false;
  log?.warn('a connection to the queue Redis was silent while a new one got an answer; it is replaced');
  const closed = new Promise((resolve) => redis.once('close', resolve));
  redis.disconnect(true);
  // A second disconnect while this one is under way would leave the client unconnected for ever.
  await closed;
  return true;
}

/** For callers who cannot wait: starts the same in the background, one at a time. */
export function createLinkCheck(redis: Redis, log: Logger | undefined): () => void {
  let running = false;
  return () => {
    if (running) return;
    running = true;
    void replaceIfHalfOpen(redis, log).finally(() => {
      running = false;
    });
  };
}

/** Aborted once Redis has given no answer for `silenceMs`, by whatever fault. Until `stop`. */
export function watchForSilence(redis: Redis, silenceMs: number): { signal: AbortSignal; stop(): void } {
  const silent = new AbortController();
  const clock = setTimeout(() => silent.abort(new Error(`Redis was silent for ${silenceMs} ms`)), silenceMs);
  let asking = true;
  const ask = async () => {
    while (asking && !silent.signal.aborted) {
      await redis.ping();
      if (asking) clock.refresh();
      await sleep(silenceMs / 10);
    }
  };
  // A connection that is closed gives no answer either.
  ask().catch(() => {});
  return {
    signal: silent.signal,
    stop: () => {
      asking = false;
      clearTimeout(clock);
    },
  };
}

/** Closes it; what still waits for an answer is refused. Resolves when that is done, or could not be done in half a second. */
export async function endConnection(redis: Redis): Promise<void> {
  if (redis.status === 'end') return;
  const ended = new Promise((resolve) => redis.once('end', resolve));
  // One that is waiting to connect again ends with its next try; told to disconnect, it would forget its waiting commands without a word.
  if (redis.status !== 'reconnecting') redis.disconnect();
  await answers(ended, 500);
}

async function freshConnectionAnswers(like: Redis): Promise<boolean> {
  const probe: Redis = like.duplicate({
    lazyConnect: true,
    enableOfflineQueue: true,
    retryStrategy: () => null,
    connectTimeout: probeMs,
    commandTimeout: probeMs,
  });
  // Without a listener ioredis prints; the outcome is the answer, not the event.
  probe.on('error', () => {});
  const pong = probe.connect().then(() => probe.ping());
  const answered = await answers(pong, probeMs);
  probe.disconnect();
  return answered;
}

async function answers(pong: Promise<unknown>, withinMs: number): Promise<boolean> {
  try {
    await withDeadline(pong, withinMs);
    return true;
  } catch {
    return false;
  }
}
