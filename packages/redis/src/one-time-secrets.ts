import { hash } from 'node:crypto';
import type { Redis } from './connect.ts';
import type { AskObserver } from './guard.ts';
import { createAskRedis } from './live/ask.ts';

/** Secrets that are good for one use within a short time: codes and reset tokens. Only hashes are kept; a new one replaces the one before. */
export interface OneTimeSecrets {
  put(subject: string, secret: string): Promise<void>;
  /** True once, for the right secret in time. A wrong one counts as a try; after the last the secret is worthless. */
  take(subject: string, secret: string): Promise<boolean>;
}

/** A code of six digits can be guessed; a token cannot, and must not be ended by somebody who tries. */
const purposes = {
  verification: { ttlSeconds: 600, maxTries: 5 },
  'password-reset': { ttlSeconds: 1_800, maxTries: 1_000 },
} as const;

/** Comparing, counting and removing are one step, so that tries at the same time are all counted. */
const takeScript = `local found = redis.call('hget', KEYS[1], 'hash')
if not found then return 0 end
if found == ARGV[1] then redis.call('del', KEYS[1]) return 1 end
if redis.call('hincrby', KEYS[1], 'tries', 1) >= tonumber(ARGV[2]) then redis.call('del', KEYS[1]) end
return 0`;

/** In the cache Redis: what vanishes is asked for again. Throws UnavailableError SERVICE_UNAVAILABLE. */
export function createOneTimeSecrets(
  redis: Redis,
  purpose: keyof typeof purposes,
  options: { onAsked?: AskObserver } = {},
): OneTimeSecrets {
  const { ttlSeconds, maxTries } = purposes[purpose];
  const ask = createAskRedis(redis, options);
  const keyOf = (subject: string) => `gf:once:${purpose}:${subject}`;
  const hashOf = (subject: string, secret: string) => hash('sha256', `${purpose} ${subject} ${secret}`);
  return {
    put: async (subject, secret) => {
      const key = keyOf(subject);
      await ask(async (connection) => {
        const results = await connection
          .multi()
          .del(key)
          .hset(key, { hash: hashOf(subject, secret), tries: 0 })
          .expire(key, ttlSeconds)
          .exec();
        const failed = results?.find(([error]) => error !== null);
        if (!results || failed) throw failed?.[0] ?? new Error('the transaction was not carried out');
      });
    },
    take: async (subject, secret) => {
      const taken = await ask((connection) => connection.eval(takeScript, 1, keyOf(subject), hashOf(subject, secret), maxTries));
      return taken === 1;
    },
  };
}
