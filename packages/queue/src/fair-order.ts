import {
  extractPaper,
  extractSheet,
  gradeSubmission,
  type JobDefinition,
  persistFile,
  readPage,
  recordMetadata,
} from '@gradeflow/contracts';
import type { Redis } from 'ioredis';

/** Whose work it is: institutions share the workers evenly, page by page, however much one of them has waiting. */
export interface WorkShare {
  institutionId: string;
  /** What it costs the workers. Default 1. */
  pages?: number | undefined;
}

/** BullMQ's lowest priority: later tags are cut to it, and from there on first come is first served until the backlog has gone once. */
export const lastTag = 2 ** 21;

/** From here on the tags begin anew as soon as nothing waits. */
const startOverAbove = 2 ** 20;

const tagsTtlSeconds = 24 * 3_600;

/** Jobs that wait in this order. The others (reports, notices, mails) are quick and as they come. */
const orderedJobs: readonly JobDefinition[] = [extractSheet, extractPaper, readPage, persistFile, recordMetadata, gradeSubmission];

/** Work that nobody's name is known for shares one place in the order. */
const nobody = 'nobody';

/**
 * Virtual time is the lowest tag that waits in any of the queues; it never goes back, so that a try repeated late gives nobody an advantage. Nothing waits:
 * it is the highest tag ever given, and everybody is equal again. The priority is the upper part of BullMQ's score.
 */
const tagScript = `
local now
for i = 2, #KEYS do
  local head = redis.call('ZRANGE', KEYS[i], 0, 0, 'WITHSCORES')
  if head[2] then
    local tag = math.floor(tonumber(head[2]) / 4294967296)
    if not now or tag < now then now = tag end
  end
end
local known = redis.call('HMGET', KEYS[1], 'now', 'highest')
local highest = tonumber(known[2] or '0')
if not now then
  redis.call('DEL', KEYS[1])
  if highest > tonumber(ARGV[2]) then highest = 0 end
  now = highest
else
  now = math.max(now, tonumber(known[1] or '0'))
end
local last, tags = {}, {}
for i = 4, #ARGV, 2 do
  local field = 'of:' .. ARGV[i]
  local before = last[field] or tonumber(redis.call('HGET', KEYS[1], field) or '0')
  local tag = math.min(math.max(now, before) + tonumber(ARGV[i + 1]), tonumber(ARGV[1]))
  last[field] = tag
  highest = math.max(highest, tag)
  tags[#tags + 1] = tag
end
for field, tag in pairs(last) do redis.call('HSET', KEYS[1], field, tag) end
redis.call('HSET', KEYS[1], 'now', now, 'highest', highest)
redis.call('EXPIRE', KEYS[1], ARGV[3])
return tags`;

/** Hash of what the order remembers: the last tag of each institution, virtual time, the highest tag. Forgotten when nothing waits, and after a day. */
export function sharesKey(prefix: string): string {
  return `${prefix}:shares`;
}

/**
 * Start-time fair queueing, as priorities: each piece of work gets the tag max(virtual time, last tag of its institution) + its cost, and the lower tag goes first.
 * So one institution's ten sheets are read among the next ones of another's ten thousand, and nobody's work is overtaken for ever, because
 * virtual time moves on with what is taken. One command, O(log n); tags are 1 … `lastTag`. Asking twice for the same work costs its institution
 * one place and nothing else.
 */
export async function takeTags(redis: Redis, prefix: string, shares: Array<WorkShare | undefined>): Promise<number[]> {
  if (shares.length === 0) return [];
  const keys = [sharesKey(prefix), ...orderedJobs.map(({ name }) => `${prefix}:${name}:prioritized`)];
  const asked = shares.flatMap((share) => [share?.institutionId.toLowerCase() ?? nobody, costOf(share)]);
  const tags = await redis.eval(tagScript, keys.length, ...keys, lastTag, startOverAbove, tagsTtlSeconds, ...asked);
  return tags as number[];
}

function costOf(share: WorkShare | undefined): number {
  return Math.max(1, Math.trunc(share?.pages ?? 1));
}
