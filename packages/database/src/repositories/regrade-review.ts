import { ConflictError } from '@gradeflow/errors';
import { Prisma } from '../generated/client.ts';
import { notFound } from '../to-app-error.ts';
import { projectTotals } from './question-results.ts';

type Tx = Prisma.TransactionClient;

/** Opens the question for review for REGRADE_REQUESTED; its mark stays, and so does whose it is. Another grading of the machine leaves it open: a person was promised. */
export async function openForRegrade(tx: Tx, { submissionId, questionId }: { submissionId: string; questionId: string }): Promise<void> {
  const [row] = await tx.$queryRaw<
    Array<{ status: string }>
  >`SELECT status::text AS status FROM submission WHERE id = ${submissionId}::uuid FOR UPDATE`;
  if (row?.status !== 'GRADED' && row?.status !== 'NEEDS_REVIEW')
    throw new ConflictError({ code: 'SUBMISSION_BUSY', detail: 'The submission is being graded; answer when that has ended.' });
  if ((await openQuestion(tx, { submissionId, questionId })) === 0) throw notFound('question');
  await projectTotals(tx, submissionId);
  await tx.submission.update({ where: { id: submissionId }, data: { status: 'NEEDS_REVIEW', waitingCause: 'REVIEW' } });
}

/** Questions of a submission that are open for REGRADE_REQUESTED. */
export async function listPromised(tx: Tx, submissionId: string): Promise<string[]> {
  const rows = await tx.questionResult.findMany({
    where: { submissionId, needsReview: true, reviewReasons: { has: 'REGRADE_REQUESTED' } },
    select: { questionId: true },
  });
  return rows.map(({ questionId }) => questionId);
}

/** Opens these questions again after a machine's results were written over them: no person has dealt with their requests yet. */
export async function keepPromised(tx: Tx, submissionId: string, questionIds: readonly string[]): Promise<void> {
  for (const questionId of questionIds) await openQuestion(tx, { submissionId, questionId });
}

/** True when a person had been promised for the question and none had decided it yet when this decision was made: taking it back opens the question again. */
export async function wasPromised(tx: Tx, place: { submissionId: string; questionId: string }, gradingId: string): Promise<boolean> {
  const [row] = await tx.$queryRaw<Array<{ promised: boolean }>>`
    SELECT EXISTS (
      SELECT 1 FROM regrade_request AS asked JOIN grading AS decision ON decision.id = ${gradingId}::uuid
      WHERE asked.submission_id = ${place.submissionId}::uuid AND asked.question_id = ${place.questionId}::uuid
        AND asked.status = 'ACCEPTED' AND asked.answered_at <= decision.created_at AND NOT EXISTS (
          SELECT 1 FROM grading AS earlier WHERE earlier.submission_id = asked.submission_id AND earlier.question_id = asked.question_id
            AND earlier.created_at > asked.answered_at AND earlier.created_at < decision.created_at)) AS promised`;
  return row?.promised ?? false;
}

/** Gives the number of questions that were opened: 0 when the sheet has no result for it. */
function openQuestion(tx: Tx, { submissionId, questionId }: { submissionId: string; questionId: string }): Promise<number> {
  const reasons = Prisma.sql`(array_remove(review_reasons, 'REGRADE_REQUESTED') || ARRAY['REGRADE_REQUESTED'])`;
  return tx.$executeRaw`
    UPDATE question_result SET needs_review = true, review_reasons = ${reasons}, updated_at = now(),
      result = result || jsonb_build_object('needsReview', true, 'reviewReasons', to_jsonb(${reasons}))
    WHERE submission_id = ${submissionId}::uuid AND question_id = ${questionId}::uuid`;
}
