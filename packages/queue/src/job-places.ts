import type { Redis } from 'ioredis';
import type { FailureReason } from './failure.ts';
import { readReason } from './failure.ts';
import { type Replies, readReplies } from './replies.ts';

/** One job: its queue (the name of its type) and its id. */
export interface JobRef {
  queue: string;
  jobId: string;
}

export type JobState = 'missing' | 'waiting' | 'delayed' | 'active' | 'waiting-children' | 'completed' | 'failed';

/** Where a job stands at this moment. */
export interface JobPlace extends JobRef {
  state: JobState;
  /** Of a delayed one: when it is tried next. */
  dueAt: Date | null;
  /** Tries that have failed. */
  attempts: number;
  /** Why the last try failed; null before one did. */
  reason: FailureReason | null;
  /** Of one that waits for children: those that have not ended. Of very many some, but every running one among them. */
  children: JobPlace[];
}

/** Of a sheet of 500 pages as many tell why it stands. */
const childrenAtOnce = 50;
/** No fleet runs more jobs of one kind at once. */
const activeAtMost = 1_000;
/** A flow has pages below steps below the last step; whatever is deeper is not followed. */
const levelsAtMost = 3;
/** BullMQ keeps a time and a counter in one score. */
const scorePerMs = 0x1000;

interface Location {
  redis: Redis;
  prefix: string;
}

/**
 * Where these jobs stand, in order, with the open children below them. Cost: five commands a job in one round trip, and two more round trips for each level
 * of children.
 */
export async function readJobPlaces(at: Location, refs: JobRef[], levels = levelsAtMost): Promise<JobPlace[]> {
  if (refs.length === 0) return [];
  const places = await readOwnPlaces(at, refs);
  const parents = places.filter(({ state }) => state === 'waiting-children');
  if (levels === 1 || parents.length === 0) return places;
  const childrenOf = await readOpenChildren(at, parents);
  const below = await readJobPlaces(at, [...childrenOf.values()].flat(), levels - 1);
  for (const [parent, refsBelow] of childrenOf) parent.children = below.splice(0, refsBelow.length);
  return places;
}

async function readOwnPlaces({ redis, prefix }: Location, refs: JobRef[]): Promise<JobPlace[]> {
  const pipeline = redis.pipeline();
  for (const { queue, jobId } of refs) {
    const base = `${prefix}:${queue}`;
    pipeline.hmget(`${base}:${jobId}`, 'timestamp', 'finishedOn', 'atm', 'failedReason');
    pipeline.zscore(`${base}:delayed`, jobId);
    pipeline.zscore(`${base}:waiting-children`, jobId);
    pipeline.zscore(`${base}:failed`, jobId);
    pipeline.exists(`${base}:${jobId}:lock`);
  }
  const replies = readReplies(await pipeline.exec());
  return refs.map(({ queue, jobId }) => ({ queue, jobId, children: [], ...nextPlace(replies) }));
}

function nextPlace(replies: Replies): Omit<JobPlace, keyof JobRef | 'children'> {
  const [timestamp, finishedOn, tries, failedReason] = replies.next() as Array<string | null>;
  const [delayed, waitingChildren, failed, lock] = [replies.next(), replies.next(), replies.next(), replies.next()];
  const state = ((): JobState => {
    if (timestamp == null) return 'missing';
    if (failed !== null) return 'failed';
    if (finishedOn != null) return 'completed';
    if (delayed !== null) return 'delayed';
    if (waitingChildren !== null) return 'waiting-children';
    // One whose lock has run out has lost its worker: it waits to be taken again.
    return lock === 1 ? 'active' : 'waiting';
  })();
  return {
    state,
    dueAt: state === 'delayed' ? new Date(Math.floor(Number(delayed) / scorePerMs)) : null,
    attempts: Number(tries ?? 0),
    reason: readReason(failedReason ?? null),
  };
}

/** Jobs that have not ended below each of these. */
async function readOpenChildren({ redis, prefix }: Location, parents: JobPlace[]): Promise<Map<JobPlace, JobRef[]>> {
  const keyOf = ({ queue, jobId }: JobRef) => `${prefix}:${queue}:${jobId}`;
  const pipeline = redis.pipeline();
  for (const parent of parents) pipeline.srandmember(`${keyOf(parent)}:dependencies`, childrenAtOnce);
  const first = readReplies(await pipeline.exec());
  const found = new Map(parents.map((parent) => [parent, new Set(first.next() as string[])]));
  const crowded = parents.filter((parent) => found.get(parent)?.size === childrenAtOnce);
  for (const parent of crowded) {
    const known = found.get(parent) ?? new Set<string>();
    const [sample = ''] = known;
    const active = await redis.lrange(`${sample.slice(0, sample.lastIndexOf(':'))}:active`, 0, activeAtMost - 1);
    const running = active.map((jobId) => sample.slice(0, sample.lastIndexOf(':') + 1) + jobId);
    const own = running.length === 0 ? [] : await redis.smismember(`${keyOf(parent)}:dependencies`, ...running);
    for (const [index, key] of running.entries()) if (own[index] === 1) known.add(key);
  }
  return new Map(parents.map((parent) => [parent, [...(found.get(parent) ?? [])].map((key) => refOf(prefix, key))]));
}

/** `<prefix>:<queue>:<id>`; ids and names of queues hold no colon. */
function refOf(prefix: string, key: string): JobRef {
  const [queue = '', jobId = ''] = key.slice(prefix.length + 1).split(':');
  return { queue, jobId };
}

/** How many are taken before this waiting job; null when it is not among the next ten thousand. */
export async function readPosition({ redis, prefix }: Location, { queue, jobId }: JobRef): Promise<number | null> {
  const base = `${prefix}:${queue}`;
  const pipeline = redis
    .pipeline()
    .llen(`${base}:wait`)
    .lpos(`${base}:wait`, jobId, 'RANK', -1, 'MAXLEN', 10_000)
    .zrank(`${base}:prioritized`, jobId);
  const replies = readReplies(await pipeline.exec());
  const [length, index, rank] = [replies.next() as number, replies.next() as number | null, replies.next() as number | null];
  if (index !== null) return length - 1 - index;
  return rank === null ? null : length + rank;
}
