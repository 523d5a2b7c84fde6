import { performance } from 'node:perf_hooks';
import type { Redis } from 'ioredis';
import { heartbeatKey, readRecord } from './hand-back.ts';
import type { JobRef } from './job-places.ts';
import { type Replies, readReplies } from './replies.ts';

/** A process that takes jobs, as its heartbeat tells. */
export interface FleetMember {
  instanceId: string;
  alive: boolean;
  /** By the clock of its machine; null for one that does not say. */
  lastBeatAt: Date | null;
  /** Kinds of jobs that it takes. */
  queues: string[];
  heldJobs: JobRef[];
}

/** One queue, by the name of its job type. */
export interface QueueFigures {
  name: string;
  /** By somebody's order: nothing is taken. */
  paused: boolean;
  counts: Record<CountedState, number>;
  /** The one that is taken next, and since when it is known to the queue. */
  oldestWaiting: { jobId: string; since: Date } | null;
}

const countedStates = ['waiting', 'prioritized', 'active', 'delayed', 'waiting-children', 'completed', 'failed'] as const;
export type CountedState = (typeof countedStates)[number];

export interface QueueOverview {
  queues: QueueFigures[];
  workers: FleetMember[];
}

/** Beats come each second; clocks of two machines may differ by a little. */
const aliveMs = 10_000;
const activeAtMost = 1_000;

/** Remembers beats between looks, so that a machine whose clock is wrong is seen to live at the second look. */
export type BeatMemory = Map<string, { beat: string; seenAt: number; changedAt: number | null }>;

/** All queues and all who work on them, in two round trips. Cost: eleven commands a queue. */
export async function readOverview(
  { redis, prefix }: { redis: Redis; prefix: string },
  names: readonly string[],
  memory: BeatMemory,
): Promise<QueueOverview> {
  const pipeline = redis.pipeline().hgetall(heartbeatKey(prefix));
  for (const name of names) {
    const base = `${prefix}:${name}`;
    pipeline.llen(`${base}:wait`).zcard(`${base}:prioritized`).llen(`${base}:active`).zcard(`${base}:delayed`);
    pipeline.zcard(`${base}:waiting-children`).zcard(`${base}:completed`).zcard(`${base}:failed`);
    pipeline.hexists(`${base}:meta`, 'paused').lindex(`${base}:wait`, -1).zrange(`${base}:prioritized`, 0, '0');
    pipeline.lrange(`${base}:active`, 0, activeAtMost - 1);
  }
  const replies = readReplies(await pipeline.exec());
  const records = replies.next() as Record<string, string>;
  const found = names.map((name) => readQueue(name, replies));
  const active = found.flatMap(({ name, active }) => active.map((jobId) => ({ queue: name, jobId })));
  const more = redis.pipeline();
  for (const { name, oldest } of found) if (oldest) more.hget(`${prefix}:${name}:${oldest}`, 'timestamp');
  for (const { queue, jobId } of active) more.get(`${prefix}:${queue}:${jobId}:lock`);
  const rest = readReplies(await more.exec());
  const queues = found.map(({ active: _, oldest, ...queue }): QueueFigures => {
    const since = oldest === null ? null : Number(rest.next() ?? Number.NaN);
    // It may have been taken between the two looks.
    return {
      ...queue,
      oldestWaiting: oldest === null || !Number.isFinite(since) ? null : { jobId: oldest, since: new Date(Number(since)) },
    };
  });
  const tokens = active.map((ref) => ({ ref, token: String(rest.next() ?? '') }));
  return { queues, workers: toMembers(records, tokens, memory) };
}

function readQueue(name: string, replies: Replies) {
  const counts = Object.fromEntries(countedStates.map((state) => [state, Number(replies.next())])) as Record<CountedState, number>;
  const paused = replies.next() === 1;
  const [waiting, prioritized] = [replies.next() as string | null, replies.next() as string[]];
  return { name, counts, paused, oldest: waiting ?? prioritized[0] ?? null, active: replies.next() as string[] };
}

function toMembers(records: Record<string, string>, tokens: Array<{ ref: JobRef; token: string }>, memory: BeatMemory): FleetMember[] {
  for (const known of memory.keys()) if (!(known in records)) memory.delete(known);
  return Object.entries(records)
    .flatMap(([instanceId, text]): FleetMember[] => {
      const record = readRecord(text);
      if (!record) return [];
      const lastBeatAt = record.at === undefined ? null : new Date(record.at);
      const starts = record.workers.map(({ id }) => `${id}:`);
      return [
        {
          instanceId,
          alive: isAlive(memory, instanceId, record.beat, lastBeatAt),
          lastBeatAt,
          queues: [...new Set(record.workers.map(({ queue }) => queue))].sort(),
          heldJobs: tokens.filter(({ token }) => starts.some((start) => token.startsWith(start))).map(({ ref }) => ref),
        },
      ];
    })
    .sort((a, b) => a.instanceId.localeCompare(b.instanceId));
}

function isAlive(memory: BeatMemory, instanceId: string, beat: string, at: Date | null): boolean {
  const now = performance.now();
  const known = memory.get(instanceId);
  const fresh = known !== undefined && known.beat !== beat && now - known.seenAt < aliveMs;
  const changedAt = fresh ? now : known?.beat === beat ? known.changedAt : null;
  const seenAt = known?.beat === beat ? known.seenAt : now;
  memory.set(instanceId, { beat, seenAt, changedAt });
  if (changedAt !== null && now - changedAt < aliveMs) return true;
  if (at === null) return now - seenAt < aliveMs;
  return Math.abs(Date.now() - at.getTime()) < aliveMs && now - seenAt < aliveMs;
}
