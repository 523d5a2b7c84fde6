import type { JobDefinition } from '@gradeflow/contracts';
import { PermanentError, UnavailableError } from '@gradeflow/errors';
import type { Logger } from '@gradeflow/logger';
import { type Job, WaitingChildrenError, WaitingError } from 'bullmq';
import type { z } from 'zod';
import { maxCrashes, poisoned, toQueueError } from './failure.ts';
import { type FanOutParts, readFanOutMark, runFanOut } from './fan-out.ts';
import type { JobMetrics, RunOutcome } from './job-metrics.ts';
import type { JobContext, JobObserver, Processor } from './types.ts';

/** How long a timed-out processor may take to obey its signal before the try counts as failed anyway. */
const unwindMs = 1_000;

export interface RunParts {
  definition: JobDefinition;
  work: Processor<JobDefinition> | FanOutParts;
  observer: JobObserver<JobDefinition>;
  log: Logger;
  metrics: JobMetrics | undefined;
  /** Aborted when the worker stops. */
  stopping: AbortSignal;
  /** Told of every run that may outlive its job, so that a stop can wait for it. */
  track(run: Promise<unknown>): void;
  /** Told when a job could not be handed back. */
  keptJob(): void;
}

/** The function that BullMQ calls for each job: one run from payload to result. */
export function createRunner(parts: RunParts): (job: Job, token?: string) => Promise<unknown> {
  return async (job, token = '') => {
    const log = parts.log.child({ job: parts.definition.name, jobId: job.id, attempt: job.attemptsMade + 1 });
    const started = performance.now();
    const observe = (outcome: RunOutcome) => {
      const ms = Math.round(performance.now() - started);
      parts.metrics?.ran(parts.definition.name, outcome, ms / 1_000);
      log.info({ outcome, ms }, 'job run');
    };
    try {
      const result = await runWithinLimits(parts, job, token, log);
      observe('completed');
      return result;
    } catch (error) {
      observe(outcomeOf(error));
      if (outcomeOf(error) !== 'failed') throw error;
      log.warn({ err: error }, 'job run failed');
      throw toQueueError(error);
    }
  };
}

function outcomeOf(error: unknown): RunOutcome {
  if (error instanceof WaitingChildrenError) return 'waiting_children';
  return error instanceof WaitingError ? 'handed_back' : 'failed';
}

async function runWithinLimits(parts: RunParts, job: Job, token: string, log: Logger): Promise<unknown> {
  const { definition, stopping } = parts;
  if (stopping.aborted) return handBack(parts, job, token, log);
  if (job.stalledCounter > maxCrashes) throw poisoned(definition);
  const timeout = new AbortController();
  const timer = setTimeout(() => timeout.abort(timedOut(definition)), definition.timeoutMs);
  const signal = AbortSignal.any([stopping, timeout.signal]);
  const run = runSteps(parts, job, token, { payload: parsePayload(definition, job.data), signal, log });
  parts.track(run);
  try {
    return await endOrAbort(run, signal);
  } catch (error) {
    if (error instanceof WaitingChildrenError) throw error;
    if (stopping.aborted) return await handBack(parts, job, token, log);
    if (timeout.signal.aborted) await settledWithin(run, unwindMs);
    throw signal.aborted ? signal.reason : error;
  } finally {
    clearTimeout(timer);
  }
}

type Given = Pick<JobContext<JobDefinition>, 'payload' | 'signal' | 'log'>;

async function runSteps(parts: RunParts, job: Job, token: string, given: Given): Promise<unknown> {
  const context: JobContext<JobDefinition> = { ...given, jobId: job.id ?? '', attempt: job.attemptsMade + 1 };
  const mark = readFanOutMark(job);
  const resumed = mark?.attempt === context.attempt;
  const startedAt = resumed ? new Date(mark.startedAt) : new Date();
  if (!resumed) await tellStarted(parts, context, startedAt);
  context.signal.throwIfAborted();
  const value = await (typeof parts.work === 'function' ? parts.work(context) : runFanOut(parts.work, job, token, context, startedAt));
  const result = parseResult(parts.definition, value);
  context.signal.throwIfAborted();
  await parts.observer.completed?.(context.payload, { startedAt, finishedAt: new Date() }, context.attempt);
  return result;
}

async function tellStarted(parts: RunParts, context: JobContext<JobDefinition>, at: Date): Promise<void> {
  try {
    await parts.observer.started?.(context.payload, at, context.attempt);
  } catch (error) {
    context.log.warn({ err: error }, 'the start of a job could not be noted');
  }
}

/** Gives the job to another worker without using up a try; leaves by WaitingError. */
async function handBack(parts: RunParts, job: Job, token: string, log: Logger): Promise<never> {
  try {
    await job.moveToWait(token);
  } catch (error) {
    parts.keptJob();
    log.warn({ err: error }, 'a job could not be handed back; another worker takes it when its lock ends');
  }
  throw new WaitingError();
}

function endOrAbort<T>(run: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const abort = () => reject(signal.reason);
    signal.addEventListener('abort', abort, { once: true });
    run.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort));
  });
}

/** Resolves when the run has ended in whatever way, or the time is over. */
async function settledWithin(run: Promise<unknown>, ms: number): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const over = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, ms);
  });
  await Promise.race([run.then(noop, noop), over]);
  clearTimeout(timer);
}

const noop = () => {};

/** Payload as declared; throws PermanentError `PAYLOAD_INVALID`, which names places and never values. */
export function parsePayload(definition: JobDefinition, data: unknown): unknown {
  const parsed = definition.payload.safeParse(data);
  if (parsed.success) return parsed.data;
  throw wrongShape('PAYLOAD_INVALID', `${definition.name} was given a payload of another shape`, parsed.error);
}

function parseResult(definition: JobDefinition, value: unknown): unknown {
  const parsed = definition.result.safeParse(value);
  if (parsed.success) return parsed.data;
  throw wrongShape('RESULT_INVALID', `${definition.name} gave a result of another shape`, parsed.error);
}

function wrongShape(code: string, what: string, { issues }: z.ZodError): PermanentError {
  const places = issues.map((issue) => `/${issue.path.join('/')} ${issue.code}`).join(', ');
  return new PermanentError({ code, detail: `${what}: ${places}` });
}

function timedOut(definition: JobDefinition): UnavailableError {
  return new UnavailableError({ code: 'JOB_TIMEOUT', detail: `The step ${definition.name} took longer than ${definition.timeoutMs} ms.` });
}
