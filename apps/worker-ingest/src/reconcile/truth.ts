import { StageName } from '@gradeflow/contracts';
import type { Database, Lease, RecordQuestionPaper, SubmissionState } from '@gradeflow/database';
import { ConflictError, UnavailableError } from '@gradeflow/errors';
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
  /** Under which this round writes. Absent: nobody else reconciles, or nothing is written because Postgres is away. */
  fencedBy?: Lease | undefined;
  log: Logger;
}

/** Runs that are started before an upload that always falls back into the same trouble is given up. */
export const maxRuns = 1_000;

export const isUnfinished = (row: Pick<SubmissionState, 'status'>): boolean => row.status === 'RECEIVED' || row.status === 'PROCESSING';

/** True for a service that is away, as opposed to a fault of this one thing. */
export const isAway = (error: unknown, code: string): boolean => error instanceof UnavailableError && error.code === code;

/** Nothing more can be done in this round: a service is away, or another process reconciles by now. Anything else is the fault of one upload. */
export const endsRound = (error: unknown): boolean =>
  isAway(error, 'QUEUE_UNAVAILABLE') || isAway(error, 'POSTGRES_UNAVAILABLE') || isLeaseLost(error);

export const isLeaseLost = (error: unknown): boolean => error instanceof ConflictError && error.code === 'LEASE_LOST';

/**
 * A run ended in the queue but not in the truth (a service was away too long, or the last write was lost): the next one. Which of several replicas
 * starts it is decided by the row. Null when somebody else did or it is given up.
 */
export async function startNextRun(
  deps: ReconcileDeps,
  row: Pick<SubmissionState, 'id' | 'run'>,
  stages: StageName[] = StageName.options,
): Promise<number | null> {
  const { submissions } = deps.database;
  const { fencedBy } = deps;
  if (row.run >= maxRuns) {
    const reason = { code: 'GAVE_UP', detail: `The sheet was started ${row.run} times without an end.` };
    await submissions.fail({ id: row.id }, reason, fencedBy);
    return null;
  }
  const next = await submissions.nextRun(row.id, { fromFailed: false, stages, ifRun: row.run, fencedBy });
  if (next) deps.log.warn({ submissionId: row.id, run: next.run }, 'a run ended without a result; started again');
  return next?.run ?? null;
}
