import type { Manifest } from '@gradeflow/contracts';
import { newSubmissionOf, type Stage, type Submission } from '@gradeflow/database';

/** A submission that has no row yet, as its manifest tells it. */
export function spooledSubmission(manifest: Manifest, pagesDone: number): Submission {
  const known = newSubmissionOf(manifest);
  return {
    ...known,
    student: null,
    status: pagesDone > 0 ? 'PROCESSING' : 'RECEIVED',
    waitingCause: null,
    reasonCode: null,
    reasonDetail: null,
    run: 1,
    pagesDone,
    duplicateOf: null,
    persisted: false,
    updatedAt: known.createdAt,
  };
}

/** Four steps of which nothing is known. */
export function waitingStages(): Stage[] {
  return (['extract', 'persist', 'record', 'grade'] as const).map((name) => ({
    name,
    status: 'WAITING',
    startedAt: null,
    finishedAt: null,
    attempts: 0,
    reason: null,
  }));
}
