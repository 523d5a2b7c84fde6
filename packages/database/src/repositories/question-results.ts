import type { QuestionResult } from '@gradeflow/contracts';
import type { Prisma } from '../generated/client.ts';
import { storableJson } from '../storable.ts';

type Tx = Prisma.TransactionClient;

/** One question's new result, and where it came from. */
interface NewResult {
  submissionId: string;
  assessmentId: string;
  gradingId: string;
  result: QuestionResult;
}

/**
 * Makes a machine's grading the current result of a submission, within the caller's transaction: questions that a person has decided keep the person's result (the
 * machine's stays beside it; a question that is worth less than their mark by now lowers it to that), questions that the grading no longer has are gone, unless it is only
 * a part. How the answer reads and where it stands is the machine's and the correctors' to say, beside a person's mark too.
 */
export async function projectMachineGrading(
  tx: Tx,
  grading: { submissionId: string; assessmentId: string; gradingId: string; questions: QuestionResult[]; isPart?: boolean },
): Promise<void> {
  const { submissionId, assessmentId, gradingId, questions, isPart = false } = grading;
  if (!isPart)
    await tx.questionResult.deleteMany({
      where: { submissionId, questionId: { notIn: questions.map((question) => question.questionId) } },
    });
  const column = <T>(pick: (question: QuestionResult) => T) => questions.map(pick);
  await tx.$executeRaw`
    INSERT INTO question_result (submission_id, question_id, assessment_id, position, grading_id, machine_grading_id, score, max_score, confidence, needs_review,
      review_reasons, result)
    SELECT ${submissionId}::uuid, question_id, ${assessmentId}::uuid, ordinality - 1, ${gradingId}::uuid, ${gradingId}::uuid, score, max_score, confidence, needs_review,
      ARRAY(SELECT jsonb_array_elements_text(result::jsonb -> 'reviewReasons')), result::jsonb
    FROM unnest(
      ${column((question) => question.questionId)}::uuid[], ${column((question) => question.score)}::float8[],
      ${column((question) => question.maxScore)}::float8[], ${column((question) => question.confidence)}::float8[],
      ${column((question) => question.needsReview)}::bool[], ${column((question) => storableJson(question))}::text[]
    ) WITH ORDINALITY AS question (question_id, score, max_score, confidence, needs_review, result, ordinality)
    ON CONFLICT (submission_id, question_id) DO UPDATE SET
      position = CASE WHEN ${isPart} THEN question_result.position ELSE EXCLUDED.position END, machine_grading_id = EXCLUDED.machine_grading_id, updated_at = now(),
      grading_id = CASE WHEN question_result.decided_by IS NULL THEN EXCLUDED.grading_id ELSE question_result.grading_id END,
      score = CASE WHEN question_result.decided_by IS NULL THEN EXCLUDED.score ELSE LEAST(question_result.score, EXCLUDED.max_score) END,
      max_score = EXCLUDED.max_score,
      confidence = CASE WHEN question_result.decided_by IS NULL THEN EXCLUDED.confidence ELSE question_result.confidence END,
      needs_review = CASE WHEN question_result.decided_by IS NULL THEN EXCLUDED.needs_review ELSE question_result.needs_review END,
      review_reasons = CASE WHEN question_result.decided_by IS NULL THEN EXCLUDED.review_reasons ELSE question_result.review_reasons END,
      result = CASE WHEN question_result.decided_by IS NULL THEN EXCLUDED.result ELSE question_result.result || jsonb_build_object(
        'number', EXCLUDED.result -> 'number', 'answerText', EXCLUDED.result -> 'answerText', 'regions', EXCLUDED.result -> 'regions', 'maxScore', EXCLUDED.max_score, 'score', LEAST(question_result.score, EXCLUDED.max_score)) END`;
}

/** Makes a person's decision the current result of its question; `decidedBy` null gives the question back to the machine. */
export async function projectDecision(tx: Tx, decision: NewResult & { decidedBy: string | null }): Promise<void> {
  const { submissionId, gradingId, result, decidedBy } = decision;
  const { questionId, score, maxScore, confidence, needsReview, reviewReasons } = result;
  await tx.questionResult.update({
    where: { submissionId_questionId: { submissionId, questionId } },
    data: {
      ...{ gradingId, decidedBy, score, maxScore, confidence, needsReview, reviewReasons, updatedAt: new Date() },
      result: JSON.parse(storableJson(result)) as Prisma.InputJsonValue,
    },
  });
}

/** Sums of what counts now, written to the submission's row. The caller holds that row. */
export async function projectTotals(tx: Tx, submissionId: string): Promise<{ score: number; maxScore: number; reviews: number }> {
  const [totals] = await tx.$queryRaw<Array<{ score: number; maxScore: number; reviews: number }>>`
    UPDATE submission SET score = sums.score, max_score = sums.max_score, min_confidence = sums.min_confidence, reviews = sums.reviews
    FROM (SELECT round(COALESCE(sum(score), 0)::numeric, 6)::float8 AS score, round(COALESCE(sum(max_score), 0)::numeric, 6)::float8 AS max_score, min(confidence) AS min_confidence,
        count(*) FILTER (WHERE needs_review)::int AS reviews FROM question_result WHERE submission_id = ${submissionId}::uuid) AS sums
    WHERE id = ${submissionId}::uuid
    RETURNING submission.score, submission.max_score AS "maxScore", submission.reviews`;
  return totals ?? { score: 0, maxScore: 0, reviews: 0 };
}
