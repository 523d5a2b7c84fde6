import { StageName } from '@gradeflow/contracts';
import type { Database, RecordQuestionPaper, Submission } from '@gradeflow/database';
import { UnavailableError } from '@gradeflow/errors';
import type { Logger } from '@gradeflow/logger';
import type { JobProducer } from '@gradeflow/queue';
import type { Spool } from '@gradeflow/spool';
import type { Storage } from '@gradeflow/storage';
import type { RecordSubmission } from '../record-submission.ts';
import type { Patience } from './patience.ts';

export type QueueState = 'missing' | 'pending' | 'completed' | 'failed';

/** What the steps of a round work with. */
export interface ReconcileDeps {
  spool: Spool;
  storage: Pick<Storage, 'removeAll'>;
  database: Pick<Database, 'submissions' | 'gradings' | 'reports' | 'questionPapers'>;
  producer: JobProducer;
  recordSubmission: RecordSubmission;
  recordQuestionPaper: RecordQuestionPaper;
  patience: Patience;
  log: Logger;
}

/** Runs that are started before an upload that always falls back into the same trouble is given up. */
export const maxRuns = 1_000;

export const isUnfinished = (row: Submission): boolean => row.status === 'RECEIVED' || row.status === 'PROCESSING';

/** True for a service that is away, as opposed to a fault of this one thing. */
export const isAway = (error: unknown, code: string): boolean => error instanceof UnavailableError && error.code === code;

/**
 * A run ended in the queue but not in the truth (a service was away too long, or the last write was lost): the next one. Which of several replicas
 * starts it is decided by the row. Null when somebody else did or it is given up.
 */
export async function startNextRun(deps: ReconcileDeps, row: Submission, stages: StageName[] = StageName.options): Promise<number | null> {
  const { submissions } = deps.database;
  if (row.run >= maxRuns) {
    await submissions.fail({ id: row.id }, { code: 'GAVE_UP', detail: `The sheet was started ${row.run} times without an end.` });
    return null;
  }
  const next = await submissions.nextRun(row.id, { fromFailed: false, stages, ifRun: row.run });
  if (next) deps.log.warn({ submissionId: row.id, run: next.run }, 'a run ended without a result; started again');
  return next?.run ?? null;
}
