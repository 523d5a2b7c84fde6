import { setTimeout as sleep } from 'node:timers/promises';
import type { JobDefinition } from '@gradeflow/contracts';
import { withDeadline } from '@gradeflow/lifecycle';
import type { Logger } from '@gradeflow/logger';
import { type Job, Queue, Worker } from 'bullmq';
import type { Redis } from 'ioredis';
import { createErrorLog } from './error-log.ts';
import { failureReason, maxCrashes, maxStartedAttempts } from './failure.ts';
import type { JobMetrics } from './job-metrics.ts';
import { createRunner, parsePayload, type RunParts } from './run-job.ts';
import type { FanOutProcessor, JobObserver, Processor } from './types.ts';

/** How long noting the end of a job may take. */
const endOfJobMs = 2_000;

/** What all workers of a process share. */
export interface SharedParts {
  redis: Redis;
  prefix: string;
  instanceId: string;
  log: Logger;
  metrics: JobMetrics | undefined;
}

export interface StartedWorker {
  readonly name: string;
  /** Every lock token of this worker begins with it and a colon; another one after `rebuild`. */
  readonly id: string;
  /** Begins to take jobs. */
  run(): void;
  state(): WorkerState;
  /** Puts a new BullMQ worker in place of the one there is, which ends the jobs it runs and takes no more. The new one has another `id` and takes none before the returned function is called. */
  rebuild(): () => void;
  /** Drops the connection on which it waits for jobs, opens it again, and looks for jobs. */
  renewBlockingConnection(): Promise<void>;
  /** See RunningWorker; BullMQ is waited for until `redisIsSilent` at most. True when nothing was left behind. */
  close(deadlineMs: number, redisIsSilent?: AbortSignal): Promise<boolean>;
}

export interface WorkerState {
  /** Whether it is to take jobs now. */
  takes: boolean;
  /** Jobs taken since it began. */
  taken: number;
  running: number;
  slots: number;
}

/** The worker shell of one job type; it takes no job before `run`. */
export function createWorker(
  shared: SharedParts,
  definition: JobDefinition,
  processor: Processor<JobDefinition> | FanOutProcessor<JobDefinition, JobDefinition>,
  options: { concurrency: number; observer: JobObserver<JobDefinition> },
): StartedWorker {
  const { redis, prefix, metrics } = shared;
  const log = shared.log.child({ queue: definition.name });
  const onError = createErrorLog(log);
  const stopping = new AbortController();
  const open = new Set<Promise<unknown>>();
  let leftBehind = false;

  const track = (work: Promise<unknown>): void => {
    open.add(work);
    const forget = () => open.delete(work);
    work.then(forget, forget);
  };
  const childQueue = typeof processor === 'function' ? undefined : createChildQueue(shared, processor.child, onError);
  const runParts: RunParts = {
    definition,
    work: typeof processor === 'function' ? processor : { redis, processor, childQueue: childQueue as Queue },
    observer: options.observer,
    log,
    metrics,
    stopping: stopping.signal,
    track,
    keptJob: () => {
      leftBehind = true;
    },
  };

  const run = createRunner(runParts);
  const running = new Set<Promise<unknown>>();
  let taken = 0;
  const build = (): BuiltWorker => {
    const own = new Set<Promise<unknown>>();
    const runOne = (job: Job, token?: string): Promise<unknown> => {
      const work = run(job, token);
      for (const set of [own, running]) {
        set.add(work);
        const forget = () => set.delete(work);
        work.then(forget, forget);
      }
      return work;
    };
    const bull = new Worker(definition.name, runOne, {
      connection: redis,
      prefix,
      name: shared.instanceId,
      concurrency: options.concurrency,
      autorun: false,
      // No skipVersionCheck here: a worker that does not know its Redis waits whole seconds for a retry that is due in 10 ms.
      // A long lock, so that a silent Redis or link runs nothing twice; the hand-back brings recovery in milliseconds.
      lockDuration: 30_000,
      stalledInterval: 5_000,
      maxStalledCount: maxCrashes,
      maxStartedAttempts,
      runRetryDelay: 1_000,
    });
    bull.on('error', onError);
    bull.on('active', () => {
      taken += 1;
    });
    bull.on('failed', (job, error) => {
      // Also of what was never active, because it had stalled too often.
      taken += 1;
      // Without finishedOn the job will be tried again.
      if (job?.finishedOn !== undefined) track(tellFailedForGood(shared, definition, options.observer, log, job, error));
    });
    return { bull, running: own };
  };

  let current = build();
  let asked = false;
  const runCurrent = () => {
    asked = true;
    current.bull.run().catch(onError);
  };

  return {
    name: definition.name,
    get id() {
      return current.bull.id;
    },
    run: runCurrent,
    state: () => ({
      takes: asked && !stopping.signal.aborted && !current.bull.isPaused(),
      ...{ taken, running: running.size, slots: options.concurrency },
    }),
    rebuild: () => {
      const old = current;
      current = build();
      const { bull } = current;
      // What the old one still runs counts.
      bull.concurrency = Math.max(1, options.concurrency - old.running.size);
      const retired = retire(old, stopping.signal, onError).then(() => {
        bull.concurrency = options.concurrency;
      });
      track(retired);
      return runCurrent;
    },
    renewBlockingConnection: async () => {
      const { bull } = current;
      await bull.getBackend().disconnectBlocking();
      await bull.getBackend().reconnectBlocking();
      // BullMQ's wake-up call may have gone into the silent connection: repeat it.
      await redis.zadd(bull.toKey('marker'), 0, '0');
    },
    close: async (deadlineMs, redisIsSilent) => {
      const { bull } = current;
      // A worker that waits politely for a Redis that is away waits for ever.
      const forced = redis.status !== 'ready';
      let bullIsClosed = false;
      const bullClosed = Promise.all([bull.close(forced), childQueue?.close()]).then(() => {
        bullIsClosed = true;
      });
      // Also when nobody waits for it any more.
      bullClosed.catch(onError);
      if (!forced) await stopListening(bull, redis);
      stopping.abort(new Error('the worker stops'));
      try {
        await withDeadline(Promise.all([endedOrAborted(bullClosed, redisIsSilent), settled(open)]), deadlineMs);
      } catch (error) {
        log.warn({ err: error, bullIsClosed }, 'the worker did not stop in time');
      }
      if (!bullIsClosed) void bull.getBackend().blockingClient?.then((client) => client.disconnect(), onError);
      return bullIsClosed && !forced && !leftBehind;
    },
  };
}

/** How long the end of a connection may take. */
const endMs = 250;

/**
 * Waits for the end of the connection on which the worker, which is closing, was told of jobs; call it before jobs are handed back. Redis wakes one
 * worker a job, and those that sleep on look again after five seconds: the wake-up must not go to one that is leaving.
 */
async function stopListening(bull: Worker, redis: Redis): Promise<void> {
  try {
    await withDeadline(bull.getBackend().disconnectBlocking(), endMs);
  } catch {
    // Redis is silent: there may be nobody whom it could wake.
  }
  // The last thing it was told may have been of a job that it does not take any more.
  redis.zadd(bull.toKey('marker'), 0, '0').catch(() => {});
}

/** Resolves when the work ended or the signal came; rejects as the work does. */
async function endedOrAborted(work: Promise<void>, signal: AbortSignal | undefined): Promise<void> {
  if (!signal) return work;
  if (signal.aborted) return;
  const aborted = new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
  await Promise.race([work, aborted]);
}

interface BuiltWorker {
  bull: Worker;
  /** The jobs that it runs. */
  running: Set<Promise<unknown>>;
}

/** Takes no more jobs, ends those that run, and closes without waiting for a loop that may stand still. */
async function retire({ bull, running }: BuiltWorker, stopping: AbortSignal, onError: (error: Error) => void): Promise<void> {
  try {
    await bull.pause(true);
    await settled(running);
    // BullMQ notes the end of a job after its processor; closed before, it would leave that out and the job would run again. A stop has handed its jobs back.
    await sleep(endOfJobMs, undefined, { signal: stopping }).catch(() => {});
    await bull.close(true);
  } catch (error) {
    onError(error instanceof Error ? error : new Error(String(error)));
  }
}

/** Everything open has ended, also what is opened meanwhile. */
async function settled(open: Set<Promise<unknown>>): Promise<void> {
  while (open.size > 0) await Promise.allSettled(open);
}

function createChildQueue(shared: SharedParts, child: JobDefinition, onError: (error: Error) => void): Queue {
  const queue = new Queue(child.name, { connection: shared.redis, prefix: shared.prefix, skipVersionCheck: true });
  return queue.on('error', onError);
}

/**
 * Tells the observer once; BullMQ fails a job for good once, whatever the cause. What the observer cannot note now, the
 * reconciler finds as a failed job.
 */
async function tellFailedForGood(
  shared: SharedParts,
  definition: JobDefinition,
  observer: JobObserver<JobDefinition>,
  log: Logger,
  job: Job,
  error: Error,
): Promise<void> {
  const at = new Date(job.finishedOn ?? Date.now());
  try {
    const reason = await failureReason(shared.redis, definition, job, error);
    log.error({ jobId: job.id, attempt: job.attemptsMade, ...reason }, 'job failed for good');
    shared.metrics?.failedForGood(definition.name, reason.code);
    if (reason.code === 'PAYLOAD_INVALID') return;
    await observer.failedForGood?.(parsePayload(definition, job.data), at, reason, job.attemptsMade);
  } catch (cause) {
    log.error({ err: cause, jobId: job.id }, 'a final failure could not be noted; the reconciler will find it');
  }
}
