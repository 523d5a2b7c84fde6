import type { Manifest } from '@gradeflow/contracts';
import { PermanentError } from '@gradeflow/errors';
import { checkPaperUpload } from './access.ts';
import { newQuestionPaperOf } from './new-submission.ts';
import type { QuestionPaper } from './repositories/question-papers.ts';
import type { Database } from './types.ts';

export type RecordQuestionPaper = (manifest: Manifest) => Promise<QuestionPaper>;

/**
 * Writes the row of an accepted question paper, after asking Postgres again what the gateway may have had to believe: that the assessment is there and
 * that this person may change its questions. Repeating changes nothing. The worker that reads the paper does it, and the reconciler where that failed.
 * Throws PermanentError ASSESSMENT_NOT_FOUND or FORBIDDEN; the row is FAILED with that reason then.
 */
export function createRecordQuestionPaper(
  database: Pick<Database, 'assessments' | 'courses' | 'users' | 'questionPapers'>,
): RecordQuestionPaper {
  return async (manifest) => {
    const uploader = { userId: manifest.userId, institutionId: manifest.institutionId, role: manifest.userRole };
    const refusal = await checkPaperUpload(database, uploader, await database.assessments.find(manifest.assessmentId));
    if (!refusal) return database.questionPapers.record(newQuestionPaperOf(manifest));
    const reason = { code: refusal.code, detail: refusal.message };
    await database.questionPapers.fail(newQuestionPaperOf(manifest), reason);
    throw new PermanentError(reason);
  };
}
