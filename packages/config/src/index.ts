export * from './fragments.ts';
export { loadConfig } from './load-config.ts';
export { type RedisPlace, redisPlaceOf } from './redis-place.ts';
