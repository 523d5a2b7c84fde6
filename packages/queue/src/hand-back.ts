import { UnavailableError } from '@gradeflow/errors';
import { withDeadline } from '@gradeflow/lifecycle';
import type { Logger } from '@gradeflow/logger';
import { Queue } from 'bullmq';
import type { Redis } from 'ioredis';
import { z } from 'zod';
import { connectProducer } from './connections.ts';
import { createErrorLog } from './error-log.ts';
import type { QueueLocation } from './producer.ts';

/** What a process says of itself once a second. */
const HeartbeatRecord = z.object({
  /** Changes with every beat. */
  beat: z.string(),
  /** When, by the clock of that machine: for people who look, never for deciding whether it is dead. */
  at: z.iso.datetime().optional(),
  /** Its workers: every lock token of a worker begins with its id. */
  workers: z.array(
    z.object({
      queue: z.string(),
      id: z.string(),
      /** Jobs at once, and those that it runs now. */
      slots: z.number().int().optional(),
      running: z.number().int().optional(),
      /** Since when it takes nothing although jobs wait and it has room. */
      deafSince: z.iso.datetime().optional(),
    }),
  ),
});
export type HeartbeatRecord = z.infer<typeof HeartbeatRecord>;

/** Hash of heartbeat records by instance id. */
export function heartbeatKey(prefix: string): string {
  return `${prefix}:heartbeats`;
}

const connectMs = 2_000;

/**
 * Gives the jobs of a process that is known to be dead to other workers at once: for the supervisor that saw it exit. The jobs' tries are
 * not used up; each counts one crash. Resolves with the number of jobs; 0 also when somebody else did it. Throws UnavailableError
 * `QUEUE_UNAVAILABLE` when Redis is away; then the other workers do it when it is back.
 */
export async function handBackJobs(options: QueueLocation & { instanceId: string; log?: Logger }): Promise<number> {
  const redis = connectProducer(options.url, 'gradeflow-hand-back', createErrorLog(options.log));
  try {
    await withDeadline(ready(redis), connectMs);
    const record = await redis.hget(heartbeatKey(options.prefix), options.instanceId);
    return record === null ? 0 : await handBackRecord({ ...options, redis }, options.instanceId, record);
  } catch (cause) {
    throw new UnavailableError({ code: 'QUEUE_UNAVAILABLE', detail: 'The queue does not answer; jobs were not handed back.', cause });
  } finally {
    redis.disconnect();
  }
}

function ready(redis: Redis): Promise<unknown> {
  return redis.status === 'ready' ? Promise.resolve() : new Promise((resolve) => redis.once('ready', resolve));
}

/** Only whoever takes the record away, exactly as it was seen, hands back: never twice, and never a living process's jobs. */
const claimScript = `if redis.call('HGET', KEYS[1], ARGV[1]) == ARGV[2] then return redis.call('HDEL', KEYS[1], ARGV[1]) end return 0`;

/** Hands back what the process with this record held. Resolves with the number of jobs; 0 when the record has changed. */
export async function handBackRecord(
  parts: { redis: Redis; prefix: string; log?: Logger },
  instanceId: string,
  seen: string,
): Promise<number> {
  const { redis, prefix, log } = parts;
  const key = heartbeatKey(prefix);
  if ((await redis.eval(claimScript, 1, key, instanceId, seen)) !== 1) return 0;
  const record = readRecord(seen);
  if (!record) {
    log?.warn({ deadInstance: instanceId }, 'the heartbeat of a dead process was not readable; its jobs go on when their locks end');
    return 0;
  }
  try {
    const idsByQueue = Map.groupBy(record.workers, (worker) => worker.queue);
    let moved = 0;
    for (const [queue, holders] of idsByQueue) {
      const tokenStarts = holders.map(({ id }) => `${id}:`);
      moved += await handBackFromQueue(parts, queue, tokenStarts);
    }
    log?.warn({ deadInstance: instanceId, jobs: moved }, 'jobs of a dead process handed back');
    return moved;
  } catch (error) {
    // Not done: leave it to the next who looks.
    await redis.hsetnx(key, instanceId, seen);
    throw error;
  }
}

/** Undefined for what another version, or a stranger, has written. */
export function readRecord(text: string): HeartbeatRecord | undefined {
  try {
    return HeartbeatRecord.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}

async function handBackFromQueue(parts: { redis: Redis; prefix: string; log?: Logger }, name: string, tokenStarts: string[]) {
  const { redis, prefix, log } = parts;
  const queue = new Queue(name, { connection: redis, prefix, skipVersionCheck: true, skipMetasUpdate: true });
  queue.on('error', createErrorLog(log));
  const jobIds = await redis.lrange(queue.toKey('active'), 0, -1);
  const tokens = jobIds.length === 0 ? [] : await redis.mget(jobIds.map((jobId) => `${queue.toKey(jobId)}:lock`));
  let moved = 0;
  for (const [index, jobId] of jobIds.entries()) {
    const token = tokens[index];
    if (!token || !tokenStarts.some((start) => token.startsWith(start))) continue;
    // BullMQ's own counter of stalls, so that a job which ends its worker each time is stopped by one limit.
    await redis.hincrby(queue.toKey(jobId), 'stc', 1);
    try {
      await queue.getBackend().moveJobFromActiveToWait(jobId, token);
      moved += 1;
    } catch (error) {
      log?.info({ err: error, queue: name, jobId }, 'a job of a dead process had been taken already');
    }
  }
  await queue.close();
  return moved;
}
