import type { Manifest } from '@gradeflow/contracts';
import { checkUpload, type Database, newSubmissionOf, type Submission } from '@gradeflow/database';
import { PermanentError } from '@gradeflow/errors';

export type RecordSubmission = (manifest: Manifest) => Promise<Submission>;

/**
 * Writes the row of an accepted upload, after asking Postgres again what the gateway may have had to believe: that the assessment is there and that
 * this person may upload to it for this student. Repeating changes nothing.
 * Throws PermanentError ASSESSMENT_NOT_FOUND, FORBIDDEN or STUDENT_NOT_FOUND; the row is FAILED with that reason then.
 */
export function createRecordSubmission(database: Pick<Database, 'assessments' | 'courses' | 'users' | 'submissions'>): RecordSubmission {
  return async (manifest) => {
    const uploader = { userId: manifest.userId, institutionId: manifest.institutionId, role: manifest.userRole };
    const assessment = await database.assessments.find(manifest.assessmentId);
    const refusal = await checkUpload(database, uploader, assessment, manifest.studentId);
    if (!refusal) return database.submissions.record(newSubmissionOf(manifest));
    const reason = { code: refusal.code, detail: refusal.message };
    await database.submissions.fail(newSubmissionOf(manifest), reason);
    throw new PermanentError(reason);
  };
}
