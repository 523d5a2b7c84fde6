export { createTempDir } from './temp-dir.ts';
export { createTestDatabase, type TestDatabase } from './test-database.ts';
export { testRedis } from './test-redis.ts';
export { waitFor } from './wait-for.ts';
