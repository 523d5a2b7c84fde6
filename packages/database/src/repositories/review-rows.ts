import type { ReviewReason } from '@gradeflow/contracts';
import type { Actor } from '../access.ts';
import { namesAreHidden, neutralNameSql } from '../anonymity.ts';
import { Prisma } from '../generated/client.ts';
import type { ReviewItem, ReviewScope } from './reviews.ts';

/** A row of `selectReviews`. */
export interface ReviewRow {
  submissionId: string;
  questionId: string;
  assessmentId: string;
  number: string;
  position: number;
  label: string | null;
  request: ReviewItem['request'];
  reasons: string[];
  score: number;
  maxScore: number;
  confidence: number;
  since: Date;
  claimedById: string | null;
  claimedByName: string | null;
}

/** What needs a person, with who holds it now: `SELECT … WHERE` and the scope. */
export function selectReviews(actor: Actor, scope: ReviewScope, extraColumns: Prisma.Sql = Prisma.empty): Prisma.Sql {
  return Prisma.sql`
    SELECT current.submission_id AS "submissionId", current.question_id AS "questionId", current.assessment_id AS "assessmentId", current.result ->> 'number' AS number,
      current.position, CASE WHEN ${namesAreHidden} THEN ${neutralNameSql} ELSE submission.label END AS label, ${acceptedRequest} AS request, current.review_reasons AS reasons, current.score,
      current.max_score AS "maxScore", current.confidence, current.updated_at AS since, person.id AS "claimedById", person.name AS "claimedByName" ${extraColumns}
    ${fromReviews}
    LEFT JOIN review_claim AS claim ON claim.submission_id = current.submission_id AND claim.question_id = current.question_id AND claim.expires_at > now()
    LEFT JOIN "user" AS person ON person.id = claim.user_id
    WHERE ${openReviews(actor, scope)}`;
}

/** What a student has asked for, where that is why the question is open. */
const acceptedRequest = Prisma.sql`
  CASE WHEN 'REGRADE_REQUESTED' = ANY (current.review_reasons) THEN (
    SELECT jsonb_build_object('id', request.id, 'message', request.message) FROM regrade_request AS request
    WHERE request.submission_id = current.submission_id AND request.question_id = current.question_id AND request.status = 'ACCEPTED'
    ORDER BY request.answered_at DESC, request.id DESC LIMIT 1) END`;

/** A sheet that is being graded again waits for that; its questions come back with what the grader then finds. */
export const fromReviews = Prisma.sql`
    FROM question_result AS current
    JOIN submission ON submission.id = current.submission_id AND submission.deleted_at IS NULL AND submission.status = 'NEEDS_REVIEW'
    JOIN assessment ON assessment.id = current.assessment_id AND assessment.institution_id = submission.institution_id AND assessment.deleted_at IS NULL`;

/** Open questions of the assessments that this person manages; agrees with the gateway's `visibility` for `manage`. */
export function openReviews(actor: Actor, { assessmentId, questionId, reasons }: ReviewScope): Prisma.Sql {
  const conditions = [
    Prisma.sql`current.needs_review`,
    Prisma.sql`assessment.institution_id = ${actor.institutionId}::uuid`,
    managedBy(actor),
  ];
  if (assessmentId !== undefined) conditions.push(Prisma.sql`current.assessment_id = ${assessmentId}::uuid`);
  if (questionId !== undefined) conditions.push(Prisma.sql`current.question_id = ${questionId}::uuid`);
  if (reasons !== undefined && reasons.length > 0) conditions.push(Prisma.sql`current.review_reasons && ${reasons}::text[]`);
  return Prisma.join(conditions, ' AND ');
}

/** Assessments (under that name) that this person manages, within their institution. */
export function managedBy({ role, userId }: Actor): Prisma.Sql {
  switch (role) {
    case 'ADMIN':
      return Prisma.sql`true`;
    case 'TEACHER':
      return Prisma.sql`((assessment.course_id IS NULL AND assessment.created_by = ${userId}::uuid) OR EXISTS (
        SELECT 1 FROM course_teacher WHERE course_teacher.course_id = assessment.course_id AND course_teacher.user_id = ${userId}::uuid))`;
    case 'STUDENT':
      return Prisma.sql`false`;
  }
}

/** Oldest first, so that nobody's sheet waits for ever; the questions of one sheet in the order of the rubric. */
export const reviewOrder = Prisma.sql`current.updated_at, current.submission_id, current.position`;

export function toReviewItem({ claimedById, claimedByName, position: _, ...row }: ReviewRow): ReviewItem {
  return {
    submissionId: row.submissionId,
    questionId: row.questionId,
    assessmentId: row.assessmentId,
    number: row.number,
    label: row.label,
    request: row.request,
    reasons: row.reasons as ReviewReason[],
    score: row.score,
    maxScore: row.maxScore,
    confidence: row.confidence,
    since: row.since,
    claimedBy: claimedById === null ? null : { id: claimedById, name: claimedByName ?? '' },
  };
}
