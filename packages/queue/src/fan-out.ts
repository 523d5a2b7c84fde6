import type { JobDefinition } from '@gradeflow/contracts';
import { PermanentError, UnavailableError } from '@gradeflow/errors';
import { type Job, type Queue, WaitingChildrenError } from 'bullmq';
import type { Redis } from 'ioredis';
import { z } from 'zod';
import { jobOptions } from './job-options.ts';
import { readJobStates } from './job-states.ts';
import type { ChildJob, ChildOutcomes, FanOutProcessor, JobContext } from './types.ts';

/** What a job that waits for children remembers; kept in BullMQ's `progress`, so that the payload stays as declared. */
const FanOutMark = z.object({
  /** The try in which the children were made. */
  attempt: z.number(),
  startedAt: z.iso.datetime(),
  /** Children that had failed for good before they were made again, by id. */
  failedBefore: z.record(z.string(), z.string()),
});
export type FanOutMark = z.infer<typeof FanOutMark>;

export function readFanOutMark(job: Job): FanOutMark | undefined {
  return FanOutMark.safeParse(job.progress).data;
}

export interface FanOutParts {
  redis: Redis;
  childQueue: Queue;
  processor: FanOutProcessor<JobDefinition, JobDefinition>;
}

/**
 * Runs the two halves. First pass: plan, add the children, remember that, wait for them without holding a worker (leaves by
 * WaitingChildrenError). Second pass, or when there is nothing to wait for: collect. A crash anywhere repeats without adding
 * a child twice, because their ids are the plan's.
 */
export async function runFanOut(parts: FanOutParts, job: Job, token: string, context: JobContext<JobDefinition>, startedAt: Date) {
  let mark = readFanOutMark(job);
  if (!mark) {
    const children = await parts.processor.plan(context);
    context.signal.throwIfAborted();
    const failedBefore = await asAway(() => addChildren(parts, job, children));
    mark = { attempt: context.attempt, startedAt: startedAt.toISOString(), failedBefore };
    context.signal.throwIfAborted();
    const kept = mark;
    if (children.length > 0) await asAway(() => job.updateProgress(kept));
  }
  context.signal.throwIfAborted();
  if (await asAway(() => job.moveToWaitingChildren(token))) throw new WaitingChildrenError();
  return parts.processor.collect(context, await childOutcomes(job, mark));
}

/** A Redis that refuses a write, for want of memory mostly, is away for this step: nothing is wrong with its work. */
async function asAway<T>(ask: () => Promise<T>): Promise<T> {
  try {
    return await ask();
  } catch (error) {
    if (!(error instanceof Error && error.name === 'ReplyError')) throw error;
    throw new UnavailableError({ code: 'QUEUE_UNAVAILABLE', detail: 'The queue does not take more jobs at the moment.', cause: error });
  }
}

async function addChildren(parts: FanOutParts, job: Job, children: ChildJob<JobDefinition>[]): Promise<Record<string, string>> {
  const { child } = parts.processor;
  const parent = { id: job.id ?? '', queue: job.queueQualifiedName };
  // Pages wait where their sheet does; without a priority they would overtake everybody.
  const place = job.priority > 0 ? { priority: job.priority } : {};
  const added = await parts.childQueue.addBulk(
    children.map(({ jobId, payload }) => ({
      name: child.name,
      data: child.payload.parse(payload),
      opts: { ...jobOptions(child, jobId), ...place, parent, ignoreDependencyOnFailure: true },
    })),
  );
  added.forEach((entry, index) => {
    requireAdded(entry.id, children[index]?.jobId);
  });
  return releaseFailedChildren(
    parts,
    `${parent.queue}:${parent.id}`,
    children.map(({ jobId }) => jobId),
  );
}

/** BullMQ answers a refused child with a negative number in place of its id. */
function requireAdded(id: unknown, wanted: string | undefined): void {
  if (id === wanted) return;
  if (String(id) === '-7') throw new PermanentError({ code: 'CHILD_TAKEN', detail: `The job ${wanted} belongs to another parent.` });
  throw new UnavailableError({ code: 'CHILD_NOT_ADDED', detail: `The queue did not take the job ${wanted} (${String(id)}).` });
}

/**
 * Adding a child again that has failed for good makes its parent wait for it for ever: take that dependency away, and
 * remember the reason.
 */
async function releaseFailedChildren(parts: FanOutParts, parentKey: string, childIds: string[]): Promise<Record<string, string>> {
  const states = await readJobStates(parts.redis, parts.childQueue, childIds);
  const reasons: Record<string, string> = {};
  for (const childId of childIds.filter((_, index) => states[index] === 'failed')) {
    const failed = await parts.childQueue.getJob(childId);
    await parts.childQueue.getBackend().removeChildDependency(childId, parentKey);
    reasons[childId] = failed?.failedReason ?? 'JOB_FAILED: no reason is known';
  }
  return reasons;
}

async function childOutcomes(job: Job, mark: FanOutMark): Promise<ChildOutcomes> {
  const { processed = 0 } = await job.getDependenciesCount({ processed: true });
  const failed: Record<string, string> = { ...mark.failedBefore };
  for (const [key, reason] of Object.entries(await job.getIgnoredChildrenFailures())) {
    failed[key.slice(key.lastIndexOf(':') + 1)] = reason;
  }
  return { completed: processed, failed };
}
