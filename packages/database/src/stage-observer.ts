import type { Manifest, StageName } from '@gradeflow/contracts';
import { newSubmissionOf } from './new-submission.ts';
import type { StageRepository } from './repositories/stages.ts';
import type { SubmissionRepository } from './repositories/submissions.ts';

/** The part of a step's payload that matters here. */
interface SubmissionJob {
  submissionId: string;
  run: number;
}

/** Has the shape of the queue's JobObserver, which this package does not know. */
export interface StageObserver {
  started(job: SubmissionJob, at: Date, attempt: number): Promise<void>;
  completed(job: SubmissionJob, at: { startedAt: Date; finishedAt: Date }, attempt: number): Promise<void>;
  failedForGood(job: SubmissionJob, at: Date, reason: { code: string; detail: string }, attempt: number): Promise<void>;
}

export interface StageObserverDeps {
  stages: Pick<StageRepository, 'start' | 'complete' | 'fail' | 'list'>;
  submissions: Pick<SubmissionRepository, 'find' | 'fail' | 'isDeleted'>;
  /** Where a submission without a row is described: the spool. */
  spool: { findManifest(submissionId: string): Promise<Manifest | null> };
}

/** Say that nothing is owed here: a newer holder of the fence does the work, or the sheet was deleted. */
const notOurs = new Set(['FENCED', 'SUBMISSION_DELETED']);

/** A service was away for longer than the tries lasted. The sheet is not at fault: the reconciler starts another run. */
export const temporaryFaults: ReadonlySet<string> = new Set([
  'UNAVAILABLE',
  'POSTGRES_UNAVAILABLE',
  'QUEUE_UNAVAILABLE',
  'CHILD_NOT_ADDED',
  'STORAGE_UNAVAILABLE',
  'STORAGE_NOT_WRITABLE',
  'SPOOL_UNAVAILABLE',
  'SPOOL_NOT_WRITABLE',
  'INSUFFICIENT_STORAGE',
]);

/**
 * Stamps one stage of submissions from what the worker shell reports; pass it as the worker's observer.
 * A step that failed for good makes the submission FAILED with a reason in words, also when its row does not exist yet. Three exceptions: a newer
 * run is under way, the work was taken over or deleted, or a service was away (then only the stage says so and the reconciler goes on).
 */
export function createStageObserver({ stages, submissions, spool }: StageObserverDeps, stage: StageName): StageObserver {
  return {
    started: ({ submissionId }, at, attempt) => stages.start(submissionId, stage, at, attempt),
    completed: ({ submissionId }, at, attempt) => stages.complete(submissionId, stage, at, attempt),
    async failedForGood({ submissionId, run }, at, { code, detail }, attempt) {
      if (notOurs.has(code) || (await submissions.isDeleted(submissionId))) return;
      const row = await submissions.find(submissionId);
      if (row && row.run > run) return;
      const words = code === 'INTERNAL' ? `An unexpected error stopped the step “${stage}”.` : detail;
      // The queue fails a parent together with its child: what never started keeps waiting, the child's stage tells the reason.
      const known = await stages.list(submissionId);
      const started = known.stages.some(({ name, status }) => name === stage && status !== 'WAITING');
      if (started) await stages.fail(submissionId, stage, at, words, attempt);
      // The first reason stays: later ones are mostly its consequences.
      if (temporaryFaults.has(code) || row?.status === 'FAILED') return;
      const reason = { code, detail: words };
      if (row) return submissions.fail({ id: submissionId }, reason);
      const manifest = await spool.findManifest(submissionId);
      if (manifest) await submissions.fail(newSubmissionOf(manifest), reason);
    },
  };
}
