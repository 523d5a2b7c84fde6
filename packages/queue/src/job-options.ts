import type { JobDefinition } from '@gradeflow/contracts';
import type { JobsOptions } from 'bullmq';

const hours = 3_600;

/**
 * Finished jobs stay known for a day, failed ones for a week: a second add of the same id is then a no-op.
 * Never `true`: that would run everything again on a second add, and let a parent take a failed child for a finished one.
 */
const removeOnComplete = { age: 24 * hours, count: 10_000 };
const removeOnFail = { age: 7 * 24 * hours };

/** BullMQ's options of one job: tries and delays come from its definition. */
export function jobOptions(definition: JobDefinition, jobId: string) {
  return {
    jobId,
    attempts: definition.attempts,
    backoff: { type: 'exponential', delay: definition.backoffMs },
    stackTraceLimit: 3,
    removeOnComplete,
    removeOnFail,
  } satisfies JobsOptions;
}
