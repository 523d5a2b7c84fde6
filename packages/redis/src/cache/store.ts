import { hash, randomUUID } from 'node:crypto';
import type { Redis } from '../connect.ts';
import type { CachedAnswer, CacheSpec } from './types.ts';

/** Longest that one process may load while others wait for it. */
const lockMs = 5_000;
/** Longer than any entry lives: a tag that is gone takes its entries with it. */
const tagMs = 7_200_000;
const leasesMs = 600_000;
const maxBodyLength = 1_000_000;

/**
 * `HIT`: the answer. `LOAD`: nobody loads it yet, it is ours to load and to put under these versions. `WAIT`: somebody does. `old`: beyond its time, but
 * nothing that it was made of has changed.
 */
export type Look =
  /** `msLeft`: of the answer's own time. `lastChange`: the last one that ended any answer. */
  | { state: 'HIT'; answer: CachedAnswer; msLeft: number; lastChange: string }
  | { state: 'LOAD' | 'WAIT'; versions: string; token: string; old: CachedAnswer | null };

export interface CacheStore {
  /** One round trip: versions of the tags (new ones where there were none), the entry, the right to load it, and this process's lease when it wants one. */
  look(redis: Redis, epoch: number, spec: CacheSpec, options: { lease: boolean; load: boolean }): Promise<Look>;
  /** Keeps the answer while the tags still say what they said when loading began; gives the right to load back. */
  put(
    redis: Redis,
    epoch: number,
    spec: CacheSpec,
    loaded: { versions: string; token: string; answer: CachedAnswer | null },
  ): Promise<void>;
  /** Takes or renews this process's lease; gives the last change. */
  lease(redis: Redis): Promise<string>;
  /** Ends all answers of these tags, tells every subscriber, and gives who may still hold a lease, with its remaining milliseconds. */
  invalidate(redis: Redis, changeId: string, tags: readonly string[]): Promise<Map<string, number>>;
}

/** In `leases` the empty field says since when the list is kept: whoever took a lease before that is not in it. */
const common = `
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local function keepList(leases)
  redis.call('HSETNX', leases, '', now)
  redis.call('PEXPIRE', leases, ${leasesMs})
end
local function takeLease(leases, last, instance, ms, token)
  keepList(leases)
  redis.call('HSET', leases, instance, now + tonumber(ms))
  redis.call('SET', last, token, 'PX', ${leasesMs}, 'NX')
  return redis.call('GET', last)
end`;

const lookScript = `${common}
local versions = {}
for i = 5, #KEYS do
  local version = redis.call('GET', KEYS[i])
  if not version then
    version = ARGV[1]
    redis.call('SET', KEYS[i], version, 'PX', ${tagMs})
  end
  versions[#versions + 1] = version
end
local joined = table.concat(versions, ',')
local last = ''
if ARGV[3] ~= '0' then last = takeLease(KEYS[3], KEYS[4], ARGV[2], ARGV[3], ARGV[1]) end
local entry = redis.call('HMGET', KEYS[1], 'versions', 'until', 'etag', 'body')
local same = entry[1] == joined
if same and tonumber(entry[2]) > now then return {'HIT', joined, entry[3], entry[4], tonumber(entry[2]) - now, last} end
local state = 'WAIT'
if ARGV[4] == '1' and redis.call('SET', KEYS[2], ARGV[1], 'PX', ${lockMs}, 'NX') then state = 'LOAD' end
if same then return {state, joined, entry[3], entry[4]} end
return {state, joined}`;

const leaseScript = `${common}
return takeLease(KEYS[1], KEYS[2], ARGV[2], ARGV[3], ARGV[1])`;

const putScript = `${common}
local versions = {}
for i = 3, #KEYS do versions[#versions + 1] = redis.call('GET', KEYS[i]) or '' end
if ARGV[6] ~= '' and table.concat(versions, ',') == ARGV[2] then
  redis.call('HSET', KEYS[1], 'versions', ARGV[2], 'until', now + tonumber(ARGV[3]), 'etag', ARGV[5], 'body', ARGV[6])
  redis.call('PEXPIRE', KEYS[1], ARGV[4])
end
if redis.call('GET', KEYS[2]) == ARGV[1] then redis.call('DEL', KEYS[2]) end
return 1`;

const invalidateScript = `${common}
for i = 3, #KEYS do redis.call('DEL', KEYS[i]) end
keepList(KEYS[1])
local previous = redis.call('GET', KEYS[2]) or ''
redis.call('SET', KEYS[2], ARGV[2], 'PX', ${leasesMs})
local live = {}
local leases = redis.call('HGETALL', KEYS[1])
for i = 1, #leases, 2 do
  local untilMs = tonumber(leases[i + 1])
  if leases[i] == '' then untilMs = untilMs + tonumber(ARGV[3]) end
  if untilMs > now then
    live[#live + 1] = leases[i]
    live[#live + 1] = untilMs - now
  elseif leases[i] ~= '' then
    redis.call('HDEL', KEYS[1], leases[i])
  end
end
redis.call('PUBLISH', ARGV[1], previous .. ' ' .. ARGV[2] .. ' ' .. ARGV[4] .. ' ' .. ARGV[5])
return live`;

type Command = (keys: number, ...args: Array<string | number>) => Promise<unknown>;
type Scripted = Redis & { gfCacheLook: Command; gfCacheLease: Command; gfCachePut: Command; gfCacheInvalidate: Command };

/** The commands on one connection; ioredis sends a script once and its hash from then on. */
function withScripts(redis: Redis): Scripted {
  if (!('gfCacheLook' in redis)) {
    redis.defineCommand('gfCacheLook', { lua: lookScript });
    redis.defineCommand('gfCacheLease', { lua: leaseScript });
    redis.defineCommand('gfCachePut', { lua: putScript });
    redis.defineCommand('gfCacheInvalidate', { lua: invalidateScript });
  }
  return redis as Scripted;
}

/** `prefix` in braces, so that a cluster keeps all on one node; `instance` names this process in leases. */
export function createCacheStore(options: { prefix: string; instance: string; channel: string; leaseMs: number }): CacheStore {
  const { prefix, instance, channel, leaseMs } = options;
  // A hash: what people search for is no part of a key.
  const nameOf = (key: string) => hash('sha256', key, 'base64url');
  const entryOf = (epoch: number, key: string) => `${prefix}:entry:${epoch}:${nameOf(key)}`;
  const lockOf = (epoch: number, key: string) => `${prefix}:lock:${epoch}:${nameOf(key)}`;
  const leases = `${prefix}:leases`;
  const last = `${prefix}:last-change`;
  const tagsOf = (tags: readonly string[]) => tags.map((tag) => `${prefix}:tag:${tag}`);

  return {
    look: async (redis, epoch, { key, tags }, { lease, load }) => {
      const keys = [entryOf(epoch, key), lockOf(epoch, key), leases, last, ...tagsOf(tags)];
      const token = randomUUID();
      const args = [token, instance, lease ? leaseMs : 0, load ? 1 : 0];
      const reply = (await withScripts(redis).gfCacheLook(keys.length, ...keys, ...args)) as [
        ...[Look['state'], string, string?, string?, number?, string?],
      ];
      const [state, versions, etag, body, msLeft = 0, lastChange = ''] = reply;
      const answer = etag === undefined || body === undefined ? null : { etag, body };
      if (state === 'HIT' && answer) return { state, answer, msLeft, lastChange };
      return { state: state === 'LOAD' ? 'LOAD' : 'WAIT', versions, token, old: answer };
    },
    put: async (redis, epoch, { key, tags, ttlMs, staleMs }, { versions, token, answer }) => {
      const keys = [entryOf(epoch, key), lockOf(epoch, key), ...tagsOf(tags)];
      // Entries that were made together do not end together.
      const freshMs = Math.round(ttlMs * (0.9 + Math.random() / 10));
      const kept = answer && answer.body.length <= maxBodyLength ? answer : null;
      const args = [token, versions, freshMs, freshMs + staleMs, kept?.etag ?? '', kept?.body ?? ''];
      await withScripts(redis).gfCachePut(keys.length, ...keys, ...args);
    },
    lease: async (redis) => (await withScripts(redis).gfCacheLease(2, leases, last, randomUUID(), instance, leaseMs)) as string,
    invalidate: async (redis, changeId, tags) => {
      const keys = [leases, last, ...tagsOf(tags)];
      const args = [channel, changeId, leaseMs, instance, JSON.stringify(tags)];
      const reply = (await withScripts(redis).gfCacheInvalidate(keys.length, ...keys, ...args)) as Array<string | number>;
      return new Map(Array.from({ length: reply.length / 2 }, (_, i) => [String(reply[2 * i]), Number(reply[2 * i + 1])]));
    },
  };
}
