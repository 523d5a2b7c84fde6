import { createHash, randomUUID } from 'node:crypto';
import { withDeadline } from '@gradeflow/lifecycle';
import { connectFast, type Redis } from '../connect.ts';
import { type AskObserver, createRedisGuard, type RedisGuard } from '../guard.ts';
import { createCoalesce } from './coalesce.ts';
import { createEpochWatch, type EpochWatch } from './epoch.ts';
import { invalidateTags } from './invalidate.ts';
import { createLocalLayer, type LocalLayer, leaseMs } from './local-layer.ts';
import { listenForNews } from './news.ts';
import { type CacheStore, createCacheStore } from './store.ts';
import type { CachedAnswer, CacheEpochs, CacheOutcome, CacheSpec } from './types.ts';

export interface Cache {
  /**
   * The answer of this key: the cached one, else what `load` gives, which is kept. One `load` runs at a time, over all processes. What `load` throws is
   * thrown on, unless an older answer may stand in (a fault that is `isAway`, nothing written since).
   */
  read(spec: CacheSpec, load: () => Promise<string>): Promise<CachedAnswer & { outcome: CacheOutcome }>;
  /** The answer of this key when this process holds it and may give it without asking anybody; else null. */
  find(key: string): CachedAnswer | null;
  /** See `invalidateTags`: after the commit, before the answer. */
  invalidate(tags: readonly string[]): Promise<void>;
  close(): void;
}

export interface CacheOptions {
  /** The cache role's address, for the connection that listens. */
  url: string;
  /** The process's connection to the cache role. */
  redis: Redis;
  epochs: CacheEpochs;
  /** Of this process in `CLIENT LIST`. */
  name: string;
  /** Of all keys, in braces; the same in every process of an installation. */
  prefix?: string;
  /** Whether an error of `load` says that what it reads is away, and not that there is nothing to read. */
  isAway: (error: unknown) => boolean;
  /** Told of every question to Redis. */
  onAsked?: AskObserver;
}

export const usualPrefix = '{gf:cache}';
/** A process that waits longer for another one's loading loads by itself. */
const waitMs = 700;
/** While Postgres does not even say the epoch, a load gets so long before an older answer stands in. */
const loadMs = 1_000;
const firstPollMs = 4;
const longestPollMs = 30;

interface Parts {
  guard: RedisGuard;
  store: CacheStore;
  epoch: EpochWatch;
  local: LocalLayer;
  isAway: (error: unknown) => boolean;
}

type Found = CachedAnswer & { outcome: CacheOutcome };

/** Cache-aside over Redis, with a layer in this process for the hottest. README.md says why no read is stale. */
export function createCache(options: CacheOptions): Cache {
  const { url, redis, name, isAway, onAsked, prefix = usualPrefix } = options;
  const instance = randomUUID();
  const channel = `${prefix}:changes`;
  const local = createLocalLayer();
  const epoch = createEpochWatch(options.epochs);
  const guard = createRedisGuard(redis, onAsked ? { onAsked } : {});
  const store = createCacheStore({ prefix, instance, channel, leaseMs });
  const news = listenForNews({ url, name: `${name}-news`, channel, instance, redis, onChange: local.hear });
  redis.on('ready', epoch.distrust);
  const coalesce = createCoalesce();
  const parts = { guard, store, epoch, local, isAway };
  let renewing = false;
  /** Before it ends, so that nobody waits for it. */
  const renewLease = async () => {
    if (renewing || !local.isLeaseOld()) return;
    renewing = true;
    const at = performance.now();
    const asked = await guard.ask((it) => store.lease(it));
    renewing = false;
    if (asked.answered) local.lease({ at, lastChange: asked.value });
  };

  const findNear = (key: string, now: number) => {
    const near = local.find(key, now);
    if (near) void renewLease();
    return near;
  };

  return {
    find: (key) => {
      const now = epoch.known();
      return now === null ? null : findNear(key, now);
    },
    read: async (spec, load) => {
      const now = await epoch.current();
      if (now === null) return coalesce(spec.key, () => readWithoutEpoch(parts, spec, load));
      const near = findNear(spec.key, now);
      if (near) return { body: near.body, etag: near.etag, outcome: 'HIT' };
      const hot = local.isHot(spec.key);
      return coalesce(spec.key, () => readThrough(parts, now, spec, load, hot));
    },
    invalidate: (tags) => invalidateTags({ ...parts, news }, tags),
    close: () => {
      redis.off('ready', epoch.distrust);
      news.close();
    },
  };
}

/** For a process that writes and answers nobody: ends cached answers without waiting until everybody has heard of it. */
export function createCacheWriter(
  options: Pick<CacheOptions, 'url' | 'epochs' | 'name' | 'prefix'> & { onError?: (error: Error) => void },
): {
  /** Of the cache role, for whatever else a worker writes there. */
  redis: Redis;
  invalidate(tags: readonly string[]): Promise<void>;
  close(): void;
} {
  const { url, name, onError, prefix = usualPrefix } = options;
  const redis = connectFast(url, { name, ...(onError ? { onError } : {}) });
  const store = createCacheStore({ prefix, instance: '', channel: `${prefix}:changes`, leaseMs });
  const parts = { guard: createRedisGuard(redis), store, epoch: createEpochWatch(options.epochs), local: null, news: null };
  return { redis, invalidate: (tags) => invalidateTags(parts, tags), close: () => redis.disconnect() };
}

async function readThrough(parts: Parts, epoch: number, spec: CacheSpec, load: () => Promise<string>, hot: boolean): Promise<Found> {
  const { guard, store, local, isAway } = parts;
  const end = performance.now() + waitMs;
  for (let pollMs = firstPollMs; ; pollMs = Math.min(2 * pollMs, longestPollMs)) {
    const look = { at: performance.now(), changes: local.changes() };
    const asked = await guard.ask((redis) => store.look(redis, epoch, spec, { lease: hot, load: true }));
    if (!asked.answered) return { ...answerOf(await load()), outcome: 'BYPASS' };
    const found = asked.value;
    if (found.state === 'HIT') {
      if (hot) {
        local.lease({ at: look.at, lastChange: found.lastChange });
        local.keep(spec.key, { ...found.answer, epoch, tags: spec.tags }, { changes: look.changes, until: look.at + found.msLeft });
      }
      return { ...found.answer, outcome: 'HIT' };
    }
    if (found.state === 'LOAD' || look.at > end) {
      const put = (answer: CachedAnswer | null) =>
        guard.ask((redis) => store.put(redis, epoch, spec, { versions: found.versions, token: found.token, answer }));
      try {
        const answer = answerOf(await load());
        await put(answer);
        return { ...answer, outcome: 'MISS' };
      } catch (error) {
        await put(null);
        if (found.old && isAway(error)) return { ...found.old, outcome: 'STALE' };
        throw error;
      }
    }
    await new Promise((resolve) => setTimeout(resolve, pollMs * (0.5 + Math.random())));
  }
}

/** Postgres does not say whether what Redis has still counts. So the answer is loaded; what was known last stands in when that fails or takes too long. */
async function readWithoutEpoch({ guard, store, epoch, isAway }: Parts, spec: CacheSpec, load: () => Promise<string>): Promise<Found> {
  const loading = load();
  let refused = false;
  loading.catch((error: unknown) => {
    refused = !isAway(error);
  });
  try {
    return { ...answerOf(await withDeadline(loading, loadMs)), outcome: 'BYPASS' };
  } catch {
    const last = epoch.last();
    const asked =
      last === null || refused ? null : await guard.ask((redis) => store.look(redis, last, spec, { lease: false, load: false }));
    const old = !asked?.answered ? null : asked.value.state === 'HIT' ? asked.value.answer : asked.value.old;
    return old ? { ...old, outcome: 'STALE' } : { ...answerOf(await loading), outcome: 'BYPASS' };
  }
}

function answerOf(body: string): CachedAnswer {
  return { body, etag: `"${createHash('sha256').update(body).digest('base64url').slice(0, 27)}"` };
}
