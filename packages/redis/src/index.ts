export { connectFast, type Redis } from './connect-fast.ts';
export { accountFamilies } from './families/accounts.ts';
export { isRedisUp } from './is-redis-up.ts';
export { createOneTimeSecrets, type OneTimeSecrets } from './one-time-secrets.ts';
export { createRateLimiter, type RateBudget, type RateLimiter, type RateVerdict } from './rate-limiter.ts';
