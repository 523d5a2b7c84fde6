import { jobCatalog } from '@gradeflow/contracts';
import type { Logger } from '@gradeflow/logger';
import { Queue } from 'bullmq';
import { connectProducer } from './connections.ts';
import { createErrorLog } from './error-log.ts';
import { type BeatMemory, type QueueOverview, readOverview } from './fleet.ts';
import { guardedCalls } from './guarded-calls.ts';
import { type JobPlace, type JobRef, readJobPlaces, readPosition } from './job-places.ts';
import type { QueueLocation } from './producer.ts';

export interface QueueLook {
  /** False while the queue Redis is not connected: a question would be refused at once. */
  isReady(): boolean;
  /** Where these jobs stand, in order, with what they wait for below them. */
  places(refs: JobRef[]): Promise<JobPlace[]>;
  /** How many are taken before this waiting job; null when that is not cheaply known. */
  position(ref: JobRef): Promise<number | null>;
  /** All queues and who works on them; at most as old as a second. */
  overview(): Promise<QueueOverview>;
  /** Lets a job that waits for its next try, or that has failed for good, be tried now. False when it is in neither state any more. */
  tryNow(ref: JobRef): Promise<boolean>;
  close(): Promise<void>;
}

const overviewMs = 1_000;
const refsAtOnce = 100;

/**
 * For whoever wants to know why something stands still. Every call ends within 500 ms (many jobs: each hundred of them) and throws UnavailableError
 * `QUEUE_UNAVAILABLE` when Redis is away or silent. Nothing but `tryNow` changes anything.
 */
export function createQueueLook(options: QueueLocation & { log?: Logger }): QueueLook {
  const onError = createErrorLog(options.log);
  const redis = connectProducer(options.url, 'gradeflow-look', onError);
  const at = { redis, prefix: options.prefix };
  const names = jobCatalog.map(({ name }) => name);
  const memory: BeatMemory = new Map();
  const { call: guarded, requireReady } = guardedCalls(redis, { log: options.log, detail: 'The queue does not answer; ask again later.' });
  let last: { at: number; answer: Promise<QueueOverview> } | null = null;

  return {
    isReady: () => redis.status === 'ready',
    places: async (refs) => {
      const places: JobPlace[] = [];
      for (let start = 0; start < refs.length; start += refsAtOnce)
        places.push(...(await guarded(() => readJobPlaces(at, refs.slice(start, start + refsAtOnce)))));
      return places;
    },
    position: (ref) => guarded(() => readPosition(at, ref)),
    overview: async () => {
      // What was there a moment ago must not hide that nothing answers now.
      requireReady();
      if (last === null || performance.now() - last.at > overviewMs) {
        const answer = guarded(() => readOverview(at, names, memory));
        last = { at: performance.now(), answer };
        answer.catch(() => {
          if (last?.answer === answer) last = null;
        });
      }
      return last.answer;
    },
    tryNow: (ref) => guarded(() => tryNow(at, ref, onError)),
    close: async () => redis.disconnect(),
  };
}

async function tryNow(
  { redis, prefix }: { redis: Queue['opts']['connection']; prefix: string },
  { queue: name, jobId }: JobRef,
  onError: (error: Error) => void,
): Promise<boolean> {
  const queue = new Queue(name, { connection: redis, prefix, skipVersionCheck: true, skipMetasUpdate: true });
  queue.on('error', onError);
  try {
    const job = await queue.getJob(jobId);
    const state = await job?.getState();
    if (state === 'delayed') await job?.promote();
    else if (state === 'failed') await job?.retry('failed');
    else return false;
    return true;
  } finally {
    await queue.close();
  }
}
