import { withDeadline } from '@gradeflow/lifecycle';
import type { Redis } from './connect.ts';

/** Whether this connection gets an answer within `deadlineMs`; false at once when it is not connected. For `/readyz`. */
export async function isRedisUp(redis: Redis, deadlineMs = 250): Promise<boolean> {
  if (redis.status !== 'ready') return false;
  try {
    await withDeadline(redis.ping(), deadlineMs);
    return true;
  } catch {
    return false;
  }
}
