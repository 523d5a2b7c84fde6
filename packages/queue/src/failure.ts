import type { JobDefinition } from '@gradeflow/contracts';
import { AppError, describeError, isPermanent, PermanentError } from '@gradeflow/errors';
import { type Job, UnrecoverableError } from 'bullmq';
import type { Redis } from 'ioredis';

/** Crashes of its worker that a job survives; BullMQ counts stalls in the same counter as the hand-back counts deaths. */
export const maxCrashes = 3;

/**
 * Net under everything else. Generous, because each wait for children and each orderly hand-back starts a job once more
 * without being a failure.
 */
export const maxStartedAttempts = 100;

const maxReasonLength = 400;
const reasonPattern = /^([A-Z][A-Z0-9_]*): (.*)$/s;

export interface FailureReason {
  code: string;
  detail: string;
}

/**
 * The error that BullMQ is given: its message, kept with the job, is `CODE: detail`. What cannot succeed is not tried again.
 * The original is the `cause`.
 */
export function toQueueError(error: unknown): Error {
  const { code, detail } = describeError(error);
  const message = `${code}: ${detail}`.slice(0, maxReasonLength);
  const queueError = isPermanent(error) ? new UnrecoverableError(message) : new Error(message);
  queueError.cause = error;
  if (error instanceof Error && error.stack) queueError.stack = error.stack.slice(0, 2_000);
  return queueError;
}

/** What `toQueueError` wrote, read back; null for anything else that BullMQ noted. */
export function readReason(text: string | null): FailureReason | null {
  const found = reasonPattern.exec(text ?? '');
  return found?.[1] && found[2] !== undefined ? { code: found[1], detail: found[2] } : null;
}

export function poisoned(definition: JobDefinition): PermanentError {
  return new PermanentError({ code: 'JOB_POISONED', detail: `The step ${definition.name} ended its worker ${maxCrashes + 1} times.` });
}

/** Why a job failed for good, also when BullMQ failed it without running it: a lost worker too often, or a child that failed. */
export async function failureReason(redis: Redis, definition: JobDefinition, job: Job, error: Error): Promise<FailureReason> {
  if (error.cause !== undefined) return describeError(error.cause);
  if (job.stalledCounter > maxCrashes || job.attemptsStarted > maxStartedAttempts) return describeError(poisoned(definition));
  const child = await failedChildReason(redis, job);
  return child ?? describeError(new AppError({ code: 'JOB_FAILED', status: 500, retryable: false, detail: error.message }));
}

/** The reason of the first child that failed its parent. */
async function failedChildReason(redis: Redis, job: Job): Promise<FailureReason | undefined> {
  const { failed } = await job.getDependencies({ failed: { count: 10 } });
  const childKey = failed?.[0];
  if (!childKey) return undefined;
  const [, step = 'child'] = childKey.split(':').slice(-3);
  return readReason(await redis.hget(childKey, 'failedReason')) ?? { code: 'STEP_FAILED', detail: `The step ${step} failed.` };
}
