import type { Redis } from 'ioredis';

/**
 * A flow has pages below steps below its last step. A child that has ended is no dependency any more, and one is added in one go with its parent's note of it. A job moves from list to
 * list in one go as well: one that is in none, and that no worker holds, is taken by nobody.
 */
const script = `
local sets = { 'prioritized', 'waiting-children', 'delayed', 'completed', 'failed' }
local lists = { 'active', 'wait', 'paused' }
local function isStranded(key)
  local queue, id = string.match(key, '^(.*:)([^:]+)$')
  for _, name in ipairs(sets) do
    if redis.call('ZSCORE', queue .. name, id) then return false end
  end
  for _, name in ipairs(lists) do
    if redis.call('LPOS', queue .. name, id) then return false end
  end
  return redis.call('EXISTS', key .. ':lock') == 0
end
local function isLost(key, level)
  if redis.call('EXISTS', key) == 0 or isStranded(key) then return true end
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
 * Whether each of these jobs would wait for ever: it is known and in no list of its queue any more, or waits for a child, or a child's child, that the queue does not know or that is
 * in no list. One command; cost: one look for each open job below them, and what waits without a priority is searched through for those that wait so.
 */
export async function readLostSteps(redis: Redis, jobKeys: string[]): Promise<boolean[]> {
  if (jobKeys.length === 0) return [];
  const answers = (await redis.eval(script, jobKeys.length, ...jobKeys)) as number[];
  return answers.map((answer) => answer === 1);
}
