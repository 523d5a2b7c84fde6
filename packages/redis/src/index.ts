export { connectFast, type Redis } from './connect-fast.ts';
export { isRedisUp } from './is-redis-up.ts';
