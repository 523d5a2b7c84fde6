export { type Cache, type CacheOptions, createCache, createCacheWriter } from './cache/cache.ts';
export type { CachedAnswer, CacheEpochs, CacheOutcome, CacheSpec } from './cache/types.ts';
export { type ConnectOptions, connectFast, type Redis } from './connect.ts';
export type { KeyFamily } from './families/key-family.ts';
export { familyOf, keyFamilies } from './families/registry.ts';
export { type Asked, createRedisGuard, type RedisGuard, retryTransient } from './guard.ts';
export { isRedisUp } from './is-redis-up.ts';
export { createOneTimeSecrets, type OneTimeSecrets } from './one-time-secrets.ts';
export { createRateLimiter, type RateBudget, type RateLimiter, type RateVerdict } from './rate-limiter.ts';
