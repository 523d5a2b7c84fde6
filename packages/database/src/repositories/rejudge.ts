import type { Prisma, PrismaClient } from '../generated/client.ts';
import { ofAssessment } from './submission-rows.ts';

type Tx = Prisma.TransactionClient;

/** Submissions that are locked at once, so that nobody who decides waits for long. */
const atOnce = 200;

/** Looks at all machine results of an assessment again under another threshold; see ReviewRepository.rejudge. */
export async function rejudge(prisma: PrismaClient, assessmentId: string, reviewBelow: number): Promise<number> {
  let changed = 0;
  let after = '00000000-0000-0000-0000-000000000000';
  for (;;) {
    const { ids, changed: count } = await prisma.$transaction((tx) => rejudgeSome(tx, { assessmentId, reviewBelow, after }));
    changed += count;
    const last = ids.at(-1);
    if (last === undefined || ids.length < atOnce) return changed;
    after = last;
  }
}

async function rejudgeSome(tx: Tx, { assessmentId, reviewBelow, after }: { assessmentId: string; reviewBelow: number; after: string }) {
  const locked = await tx.$queryRaw<Array<{ id: string; status: string }>>`
    SELECT submission.id, submission.status::text AS status FROM submission
    WHERE ${ofAssessment(assessmentId)} AND submission.status IN ('GRADED', 'NEEDS_REVIEW') AND submission.id > ${after}::uuid
    ORDER BY submission.id LIMIT ${atOnce} FOR UPDATE`;
  const ids = locked.map(({ id }) => id);
  const touched = await rejudgeResults(tx, ids, reviewBelow);
  if (touched.length > 0) {
    const before = new Map(locked.map(({ id, status }) => [id, status]));
    const now = await projectReviews(tx, [...new Set(touched)]);
    await announceAgain(
      tx,
      now.filter(({ id, status }) => status === 'GRADED' && before.get(id) === 'NEEDS_REVIEW').map(({ id }) => id),
    );
  }
  return { ids, changed: touched.length };
}

/** What the machine itself said stays; the threshold adds LOW_CONFIDENCE to it. Gives a submission's id for each result that is another now. */
async function rejudgeResults(tx: Tx, ids: string[], reviewBelow: number): Promise<string[]> {
  const rows = await tx.$queryRaw<Array<{ submissionId: string }>>`
    WITH judged AS (
      SELECT current.submission_id, current.question_id,
        (machine.result ->> 'needsReview')::bool OR current.confidence < ${reviewBelow}::float8 OR 'REGRADE_REQUESTED' = ANY (current.review_reasons) AS needs_review,
        ARRAY(SELECT jsonb_array_elements_text(machine.result -> 'reviewReasons')) || CASE
          WHEN current.confidence < ${reviewBelow}::float8 AND NOT machine.result -> 'reviewReasons' ? 'LOW_CONFIDENCE' THEN ARRAY['LOW_CONFIDENCE'] ELSE ARRAY[]::text[] END
          || CASE WHEN 'REGRADE_REQUESTED' = ANY (current.review_reasons) THEN ARRAY['REGRADE_REQUESTED'] ELSE ARRAY[]::text[] END AS reasons
      FROM question_result AS current
      JOIN grading ON grading.id = current.machine_grading_id
      CROSS JOIN LATERAL (
        SELECT question AS result FROM jsonb_array_elements(grading.questions) AS question WHERE lower(question ->> 'questionId') = current.question_id::text LIMIT 1
      ) AS machine
      WHERE current.submission_id = ANY (${ids}::uuid[]) AND current.decided_by IS NULL
    )
    UPDATE question_result AS current SET needs_review = judged.needs_review, review_reasons = judged.reasons, updated_at = now(),
      result = current.result || jsonb_build_object('needsReview', judged.needs_review, 'reviewReasons', to_jsonb(judged.reasons))
    FROM judged
    WHERE current.submission_id = judged.submission_id AND current.question_id = judged.question_id
      AND (current.needs_review <> judged.needs_review OR current.review_reasons <> judged.reasons)
    RETURNING current.submission_id AS "submissionId"`;
  return rows.map(({ submissionId }) => submissionId);
}

async function projectReviews(tx: Tx, ids: string[]): Promise<Array<{ id: string; status: string }>> {
  return tx.$queryRaw<Array<{ id: string; status: string }>>`
    UPDATE submission SET reviews = sums.open, updated_at = now(), waiting_cause = CASE WHEN sums.open = 0 THEN NULL ELSE 'REVIEW' END,
      status = (CASE WHEN sums.open = 0 THEN 'GRADED' ELSE 'NEEDS_REVIEW' END)::submission_status
    FROM (SELECT submission_id, (count(*) FILTER (WHERE needs_review))::int AS open FROM question_result WHERE submission_id = ANY (${ids}::uuid[]) GROUP BY 1) AS sums
    WHERE submission.id = sums.submission_id
    RETURNING submission.id, submission.status::text AS status`;
}

/** A sheet whose last review has gone is graded: the newest grading is told of, as after a decision. Whoever has been told of it as graded is not told twice. */
async function announceAgain(tx: Tx, ids: string[]): Promise<void> {
  if (ids.length === 0) return;
  await tx.$executeRaw`
    UPDATE grading SET announced_at = NULL WHERE id IN (
      SELECT DISTINCT ON (submission_id) id FROM grading WHERE submission_id = ANY (${ids}::uuid[]) ORDER BY submission_id, created_at DESC, id DESC)`;
}
