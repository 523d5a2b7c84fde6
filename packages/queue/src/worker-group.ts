import { randomUUID } from 'node:crypto';
import type { JobDefinition } from '@gradeflow/contracts';
import { withDeadline } from '@gradeflow/lifecycle';
import type { Logger } from '@gradeflow/logger';
import { connectWorker } from './connections.ts';
import { createErrorLog } from './error-log.ts';
import { findEvictionFault } from './eviction.ts';
import { startHeartbeat } from './heartbeat.ts';
import type { JobMetrics } from './job-metrics.ts';
import { endConnection, watchForSilence } from './link.ts';
import type { QueueLocation } from './producer.ts';
import { createSelfWatch } from './self-watch.ts';
import type { FanOutProcessor, JobObserver, Processor, RunningWorker } from './types.ts';
import { createWorker, type SharedParts, type StartedWorker } from './worker.ts';

/** How long a stop waits for a Redis that gives no answer: nothing can be handed back to it. */
const silenceMs = 1_000;

export interface WorkerGroupOptions extends QueueLocation {
  log: Logger;
  /** Name of this process among all; made up when absent. Two living processes must not share one. */
  instanceId?: string;
  metrics?: JobMetrics;
  /** Work on a Redis that drops keys when its memory is full. */
  allowEviction?: boolean;
  /** Told when this Redis is refused for that reason: no worker will run. Absent: the process ends with 1. */
  onRefused?: (error: Error) => void;
  /** Told when a worker takes no jobs and neither another connection nor another worker in its place helped. Absent: the process ends with 1. */
  onDeaf?: (queue: string) => void;
}

export interface StartOptions<J extends JobDefinition> {
  /** Jobs at once. */
  concurrency: number;
  observer?: JobObserver<NoInfer<J>>;
}

export interface WorkerGroup {
  readonly instanceId: string;
  /** Starts the worker of one job type; returns at once, also when Redis is away, and works as soon as it is there. */
  start<J extends JobDefinition, C extends JobDefinition>(
    definition: J,
    processor: Processor<J> | FanOutProcessor<J, C>,
    options: StartOptions<J>,
  ): RunningWorker;
  /**
   * Closes all workers at once, as RunningWorker.close does, then the connection; never longer than the deadline, and hardly longer than a second
   * while Redis gives no answer.
   */
  close(deadlineMs: number): Promise<void>;
}

/**
 * The workers of one process: they share a connection, which is watched, and a heartbeat, by which other processes see that this one
 * lives and this one sees when another has died.
 */
export function createWorkerGroup(options: WorkerGroupOptions): WorkerGroup {
  const instanceId = options.instanceId ?? randomUUID();
  const log = options.log.child({ instanceId });
  const givenUp = new AbortController();
  const redis = connectWorker(options.url, `gradeflow-worker-${instanceId}`, createErrorLog(log), givenUp.signal);
  const shared: SharedParts = { redis, prefix: options.prefix, instanceId, log, metrics: options.metrics };
  const workers: StartedWorker[] = [];
  const heartbeat = startHeartbeat({
    redis,
    prefix: options.prefix,
    instanceId,
    log,
    onLinkReplaced: () => {
      for (const worker of workers) worker.renewBlockingConnection().catch(createErrorLog(log));
    },
    describe: (workerId) => {
      const worker = workers.find(({ id }) => id === workerId);
      if (!worker) return {};
      const { slots, running } = worker.state();
      const deafSince = watch.deafSince(workerId)?.toISOString();
      return { slots, running, ...(deafSince === undefined ? {} : { deafSince }) };
    },
    onBeat: (answered) => {
      if (closing) return;
      if (answered) void watch.look();
      else watch.forget();
    },
  });
  let closing: Promise<void> | undefined;

  const endProcess = () => {
    process.exitCode = 1;
    process.kill(process.pid, 'SIGTERM');
  };
  const watch = createSelfWatch({
    ...{ redis, prefix: options.prefix, log, metrics: options.metrics },
    rebuild: async (worker) => {
      const run = worker.rebuild();
      await heartbeat.announce({ queue: worker.name, id: worker.id });
      if (!closing) run();
    },
    giveUp: ({ name }) => {
      log.fatal({ queue: name }, 'a worker stays deaf; this process ends so that another takes its place');
      (options.onDeaf ?? endProcess)(name);
    },
  });
  const mayRun = findEvictionFault(redis, { allowed: options.allowEviction ?? false, log }).then((fault) => {
    if (fault === null) return true;
    log.fatal({ code: fault.code }, fault.message);
    (options.onRefused ?? endProcess)(fault);
    return false;
  });

  const closeAll = async (deadlineMs: number): Promise<void> => {
    const end = Date.now() + deadlineMs;
    const left = () => Math.max(1, end - Date.now());
    const silence = watchForSilence(redis, silenceMs);
    // A tenth is kept for the connection.
    const clean = await Promise.all(workers.map((worker) => worker.close(deadlineMs * 0.9, silence.signal)));
    silence.stop();
    const forget = clean.every(Boolean) && redis.status === 'ready' && !silence.signal.aborted;
    try {
      await withDeadline(heartbeat.close({ forget }), Math.min(left(), silenceMs));
    } catch (error) {
      log.warn({ err: error }, 'the heartbeat could not be signed off; others will look after its jobs');
    }
    givenUp.abort();
    await endConnection(redis);
  };

  return {
    instanceId,
    start: (definition, processor, { concurrency, observer = {} }) => {
      const worker = createWorker(
        shared,
        definition,
        processor as Processor<JobDefinition> | FanOutProcessor<JobDefinition, JobDefinition>,
        { concurrency, observer: observer as JobObserver<JobDefinition> },
      );
      workers.push(worker);
      watch.add(worker);
      void Promise.all([mayRun, heartbeat.announce({ queue: definition.name, id: worker.id })]).then(([allowed]) => {
        if (allowed && !closing) worker.run();
      });
      return { name: worker.name, close: async (deadlineMs) => void (await worker.close(deadlineMs)) };
    },
    close: (deadlineMs) => (closing ??= closeAll(deadlineMs)),
  };
}
