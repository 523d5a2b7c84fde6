import type { Redis } from 'ioredis';

/** A flow has pages below steps below its last step. A child that has ended is no dependency any more, and one is added in one go with its parent's note of it. */
const script = `
local function isLost(key, level)
  if redis.call('EXISTS', key) == 0 then return true end
  if level == 0 then return false end
  for _, child in ipairs(redis.call('SMEMBERS', key .. ':dependencies')) do
    if isLost(child, level - 1) then return true end
  end
  return false
end
local answers = {}
for i = 1, #KEYS do
  answers[i] = redis.call('EXISTS', KEYS[i]) == 1 and isLost(KEYS[i], 2) and 1 or 0
end
return answers`;

/**
 * Whether each of these jobs waits for a child, or a child's child, that the queue does not know any more, so that it would wait for ever. One command; cost: one look for each open
 * job below them.
 */
export async function readLostSteps(redis: Redis, jobKeys: string[]): Promise<boolean[]> {
  if (jobKeys.length === 0) return [];
  const answers = (await redis.eval(script, jobKeys.length, ...jobKeys)) as number[];
  return answers.map((answer) => answer === 1);
}
