import { randomUUID } from 'node:crypto';

/**
 * The run's Redis with a key prefix of this caller's own. Never flush or kill it: tests that do start a server of their own
 * with @gradeflow/embedded-services.
 */
export function testRedis(): { url: string; prefix: string } {
  const url = process.env.TEST_REDIS_URL;
  if (!url) throw new Error('TEST_REDIS_URL is not set: run the tests with `npm test`, or set it to a scratch Redis');
  return { url, prefix: `{test-${randomUUID().slice(0, 8)}}` };
}
