import type { recordMetadata } from '@gradeflow/contracts';
import type { Database } from '@gradeflow/database';
import type { Processor } from '@gradeflow/queue';
import type { Spool } from '@gradeflow/spool';
import type { RecordSubmission } from '../record-submission.ts';

/**
 * Makes the submission's row from its manifest. May run twice: the row is inserted once. A submission that is deleted while this runs stays deleted.
 * Throws NotFoundError SPOOL_ENTRY_GONE when neither the entry nor a row is there, and what RecordSubmission throws.
 */
export function createRecordMetadata(deps: {
  spool: Pick<Spool, 'isDeleted' | 'findManifest' | 'getManifest'>;
  submissions: Pick<Database['submissions'], 'find' | 'markDeleted'>;
  recordSubmission: RecordSubmission;
}): Processor<typeof recordMetadata> {
  const { spool, submissions, recordSubmission } = deps;
  return async ({ payload: { submissionId } }) => {
    if (await spool.isDeleted(submissionId)) return { duplicateOf: null };
    const manifest = await spool.findManifest(submissionId);
    // Finished and cleaned up by an earlier try, or nothing to make a row of.
    const existing = manifest ? null : await submissions.find(submissionId);
    if (existing) return { duplicateOf: existing.duplicateOf };
    const row = await recordSubmission(manifest ?? (await spool.getManifest(submissionId)));
    // DELETE writes its marker before it looks for a row: either it sees ours, or we see the marker.
    if (await spool.isDeleted(submissionId)) await submissions.markDeleted(submissionId);
    return { duplicateOf: row.duplicateOf };
  };
}
