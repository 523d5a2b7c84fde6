import { randomUUID } from 'node:crypto';
import { waitFor } from '@gradeflow/testing';
import { type Cache, type CacheSpec, connectFast, createCache, type Redis } from '../index.ts';

/** What Postgres is to the cache: one value that is written and read with a delay, and the epoch. Both can be made to fail. */
export function createTruth() {
  const truth = { value: 0, epoch: 1, loads: 0, raises: 0, away: false };
  const answering = async () => {
    await new Promise((resolve) => setTimeout(resolve, Math.random() * 2));
    if (truth.away) throw new Error('away');
  };
  return {
    ...{ state: truth, isAway: (error: unknown) => (error as Error).message === 'away' },
    epochs: {
      find: async () => {
        await answering();
        return truth.epoch;
      },
      raise: async () => {
        await answering();
        truth.raises += 1;
        truth.epoch += 1;
        return truth.epoch;
      },
    },
    load: async () => {
      truth.loads += 1;
      await answering();
      const { value } = truth;
      // What was seen takes a moment to arrive.
      await new Promise((resolve) => setTimeout(resolve, Math.random() * 3));
      return String(value);
    },
    commit: async () => {
      await answering();
      truth.value += 1;
      return truth.value;
    },
  };
}

export type Truth = ReturnType<typeof createTruth>;

export interface CacheGateway {
  redis: Redis;
  cache: Cache;
  close(): void;
}

/** One gateway's cache over a connection of its own. */
export function openCache(url: string, prefix: string, truth: Truth): CacheGateway {
  const redis = connectFast(url, { name: 'cache-test' });
  const cache = createCache({ url, redis, prefix, name: 'cache-test', epochs: truth.epochs, isAway: truth.isAway });
  return {
    redis,
    cache,
    close: () => {
      cache.close();
      redis.disconnect();
    },
  };
}

/** Resolves once both are connected and keep their answers under the same epoch: what one has loaded the other finds. */
export async function untilShared(truth: Truth, one: CacheGateway, other: CacheGateway): Promise<void> {
  const shared = async () => {
    const warm = spec({ key: randomUUID() });
    await one.cache.read(warm, truth.load);
    return (await other.cache.read(warm, truth.load)).outcome === 'HIT';
  };
  await waitFor(shared, { everyMs: 20, what: 'two caches that share their answers' });
}

export const spec = (changes: Partial<CacheSpec> = {}): CacheSpec => ({
  key: 'it',
  tags: ['a'],
  ttlMs: 60_000,
  staleMs: 60_000,
  ...changes,
});

/**
 * Readers and a writer over several gateways at once, until `reads` were made. A read that began after a write had answered and sees an older value is stale.
 */
export async function hunt(truth: Truth, gateways: readonly CacheGateway[], options: { reads: number; pauseMs: number }) {
  let [answered, stale, reads, writes, hits, slowestMs] = [truth.state.value, 0, 0, 0, 0, 0];
  const read = async (gateway: CacheGateway) => {
    while (reads < options.reads) {
      reads += 1;
      const least = answered;
      const began = performance.now();
      const { body, outcome } = await gateway.cache.read(spec(), truth.load);
      slowestMs = Math.max(slowestMs, performance.now() - began);
      if (Number(body) < least) stale += 1;
      if (outcome === 'HIT') hits += 1;
      if (Math.random() < 0.2) await new Promise((resolve) => setTimeout(resolve, Math.random() * 2));
    }
  };
  const write = async (gateway: CacheGateway) => {
    while (reads < options.reads) {
      const value = await truth.commit();
      await gateway.cache.invalidate(['a']);
      answered = Math.max(answered, value);
      writes += 1;
      await new Promise((resolve) => setTimeout(resolve, Math.random() * options.pauseMs));
    }
  };
  await Promise.all(gateways.flatMap((gateway) => [read(gateway), read(gateway), read(gateway), write(gateway)]));
  return { stale, reads, writes, hits, slowestMs };
}
