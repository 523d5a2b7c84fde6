import { randomUUID } from 'node:crypto';
import { defineJob, type JobDefinition } from '@gradeflow/contracts';
import { createLogger } from '@gradeflow/logger';
import { testRedis, waitFor } from '@gradeflow/testing';
import { Queue } from 'bullmq';
import { Redis } from 'ioredis';
import { z } from 'zod';
import { createWorkerGroup, type QueueLocation, type WorkerGroup, type WorkerGroupOptions } from '../index.ts';
import { jobOptions } from '../job-options.ts';

export const silentLog = createLogger({ name: 'test', level: process.env.TEST_LOG_LEVEL ?? 'silent' });

/** A job type for tests: quick retries, a number as payload. */
export const testJob = defineJob({
  name: 'test-job',
  payload: z.strictObject({ n: z.number().int() }),
  result: z.object({ n: z.number().int() }),
  attempts: 3,
  backoffMs: 10,
  timeoutMs: 5_000,
});

/** Repeats a producer's call until the queue takes it. */
export function untilTaken(call: () => Promise<unknown>): Promise<boolean> {
  const taken = async () => {
    await call();
    return true;
  };
  return waitFor(taken, { everyMs: 10, what: 'the queue to take the call' });
}

/** The queues of one test under a prefix of their own; `close` closes everything that was opened through it. */
export function createQueueTest(location: QueueLocation = testRedis()) {
  // Told to disconnect from a server that is gone, ioredis keeps the process for `disconnectTimeout`.
  const redis = new Redis(location.url, { maxRetriesPerRequest: null, retryStrategy: () => 50, disconnectTimeout: 100 });
  redis.on('error', () => {});
  const groups: WorkerGroup[] = [];
  const queues = new Map<string, Queue>();

  const queueOf = (definition: Pick<JobDefinition, 'name'>): Queue => {
    const queue = queues.get(definition.name) ?? new Queue(definition.name, { connection: redis, prefix: location.prefix });
    // Tests that take Redis away expect these errors.
    if (!queues.has(definition.name))
      queues.set(
        definition.name,
        queue.on('error', () => {}),
      );
    return queue;
  };

  return {
    ...location,
    redis,
    queueOf,
    group: (options: Partial<WorkerGroupOptions> = {}): WorkerGroup => {
      const group = createWorkerGroup({ ...location, log: silentLog, ...options });
      groups.push(group);
      return group;
    },
    add: async (definition: JobDefinition, data: unknown, jobId = `${definition.name}_${randomUUID()}`): Promise<string> => {
      await queueOf(definition).add(definition.name, data, jobOptions(definition, jobId));
      return jobId;
    },
    /** Waits until the job has ended; gives it as it is kept. */
    ended: async (definition: Pick<JobDefinition, 'name'>, jobId: string) => {
      const job = await queueOf(definition).getJob(jobId);
      return job?.finishedOn ? job : undefined;
    },
    close: async (): Promise<void> => {
      await Promise.all(groups.map((group) => group.close(1_000)));
      redis.disconnect();
      await Promise.all([...queues.values()].map((queue) => queue.close()));
    },
  };
}

export type QueueTest = ReturnType<typeof createQueueTest>;
