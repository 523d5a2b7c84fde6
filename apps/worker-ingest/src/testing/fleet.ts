import { extractSheet, gradeSubmission, persistFile, recordMetadata, type StageName, type SubmissionPayload } from '@gradeflow/contracts';
import { createStageObserver } from '@gradeflow/database';
import { createWorkerGroup, type Processor, type QueueLocation, type WorkerGroup } from '@gradeflow/queue';
import { uuidv7 } from 'uuidv7';
import { createPersistFile } from '../processors/persist-file.ts';
import { createRecordMetadata } from '../processors/record-metadata.ts';
import { createRecordSubmission } from '../record-submission.ts';
import type { IngestTest } from './ingest-test.ts';

export interface FleetOptions {
  extract?: Processor<typeof extractSheet>;
  record?: Processor<typeof recordMetadata>;
  grade?: Processor<typeof gradeSubmission>;
}

/** Workers of the whole flow: storing and recording are real, reading finds nothing, grading gives 0 points. Each may be replaced. */
export function startFleet(test: IngestTest, queue: QueueLocation, options: FleetOptions = {}): WorkerGroup {
  const { spool, database, log } = test;
  const { submissions } = database;
  const group = createWorkerGroup({ ...queue, log });
  const settings = (stage: StageName) => ({ concurrency: 4, observer: createStageObserver({ ...database, spool }, stage) });
  const record = createRecordMetadata({ spool, submissions, recordSubmission: createRecordSubmission(database) });
  group.start(extractSheet, options.extract ?? (async () => ({ pagesTotal: 2, pagesUnreadable: 0, pagesBlank: 0 })), settings('extract'));
  group.start(persistFile, createPersistFile({ ...test, submissions }), settings('persist'));
  group.start(recordMetadata, options.record ?? record, settings('record'));
  group.start(gradeSubmission, options.grade ?? (({ payload }) => saveEmptyGrading(test, payload)), settings('grade'));
  return group;
}

/** The last write of grading, as worker-grading does it. */
export async function saveEmptyGrading(
  { database }: IngestTest,
  { submissionId, run }: SubmissionPayload,
  waitingCause: string | null = null,
) {
  const fence = (await database.submissions.takeFence(submissionId)) ?? 0;
  const grading = { id: uuidv7(), grader: 'offline' as const, rubricVersion: 0, score: 0, maxScore: 0, questions: [], unassigned: [] };
  const status = waitingCause ? ('NEEDS_REVIEW' as const) : ('GRADED' as const);
  const saved = { submissionId, run, fence, pages: [], status, waitingCause, grading: waitingCause ? null : grading };
  const { gradingId } = await database.gradings.saveMachineGrading(saved);
  return { status, gradingId };
}
