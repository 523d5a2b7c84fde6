import { Prisma } from '../generated/client.ts';
import type { Submission } from './submissions.ts';

/** A row of `selectSubmissions`. */
export interface SubmissionRow extends Omit<Submission, 'bytes' | 'student'> {
  bytes: bigint;
  studentName: string | null;
}

/**
 * `SELECT … FROM submission …` up to and including `WHERE`, with all that a Submission shows: the student's name, and from the stages (which may know of an upload
 * before its row exists) the pages done and whether the originals are stored. `duplicateOf` is looked up and not stored: two uploads of the same bytes may be
 * recorded at once and in any order, and the earlier one may be deleted later.
 */
export function selectSubmissions(extra: { columns?: Prisma.Sql; joins?: Prisma.Sql } = {}): Prisma.Sql {
  return Prisma.sql`
    SELECT submission.id, submission.institution_id AS "institutionId", submission.assessment_id AS "assessmentId", submission.created_by AS "createdBy",
      submission.student_id AS "studentId", student.name AS "studentName", submission.label, submission.status::text AS status,
      submission.waiting_cause AS "waitingCause", submission.reason_code AS "reasonCode", submission.reason_detail AS "reasonDetail", submission.run,
      submission.original_name AS "originalName", submission.bytes, submission.content_hash AS "contentHash", submission.files,
      submission.pages_total AS "pagesTotal", COALESCE(extract.pages_done, 0) AS "pagesDone", COALESCE(persist.persisted, false) AS persisted,
      submission.created_at AS "createdAt", submission.updated_at AS "updatedAt",
      (SELECT earlier.id FROM submission AS earlier
        WHERE earlier.assessment_id = submission.assessment_id AND earlier.content_hash = submission.content_hash
          AND earlier.institution_id = submission.institution_id AND earlier.deleted_at IS NULL
          AND (earlier.created_at, earlier.id) < (submission.created_at, submission.id)
        ORDER BY earlier.created_at, earlier.id LIMIT 1) AS "duplicateOf"
      ${extra.columns ?? Prisma.empty}
    FROM submission
    LEFT JOIN "user" AS student ON student.id = submission.student_id AND student.institution_id = submission.institution_id
    LEFT JOIN submission_stage AS extract ON extract.submission_id = submission.id AND extract.name = 'extract'
    LEFT JOIN submission_stage AS persist ON persist.submission_id = submission.id AND persist.name = 'persist'
    ${extra.joins ?? Prisma.empty}
    WHERE `;
}

/**
 * Submissions that belong to an assessment: a claim that named another institution's assessment leaves a failed row, which that institution must never see.
 */
export function ofAssessment(assessmentId: string): Prisma.Sql {
  return Prisma.sql`submission.deleted_at IS NULL AND submission.assessment_id = ${assessmentId}::uuid
    AND submission.institution_id = (SELECT institution_id FROM assessment WHERE id = ${assessmentId}::uuid)`;
}

export function toSubmission({ bytes, studentName, ...row }: SubmissionRow): Submission {
  const student = row.studentId !== null && studentName !== null ? { id: row.studentId, name: studentName } : null;
  return { ...row, bytes: Number(bytes), student };
}
