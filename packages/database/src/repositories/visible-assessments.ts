import type { Actor } from '../access.ts';
import { Prisma } from '../generated/client.ts';

/** Condition on `assessment`: not deleted, and this person may see it. The same rule as `AssessmentRepository.listFor`, in SQL. */
export function visibleAssessments({ institutionId, role, userId }: Actor): Prisma.Sql {
  const own = Prisma.sql`assessment.deleted_at IS NULL AND assessment.institution_id = ${institutionId}::uuid`;
  switch (role) {
    case 'ADMIN':
      return own;
    case 'TEACHER':
      return Prisma.sql`${own} AND ((assessment.course_id IS NULL AND assessment.created_by = ${userId}::uuid)
        OR assessment.course_id IN (SELECT course_id FROM course_teacher WHERE user_id = ${userId}::uuid))`;
    case 'STUDENT':
      return Prisma.sql`${own} AND assessment.course_id IN (SELECT course_id FROM enrolment WHERE user_id = ${userId}::uuid)`;
  }
}

/** Condition on `submission` beside its visible `assessment`: a claim of strangers never counts, and a student has the own ones alone. */
export function visibleSubmissions({ role, userId }: Actor): Prisma.Sql {
  const own = Prisma.sql`submission.deleted_at IS NULL AND submission.institution_id = assessment.institution_id`;
  return role === 'STUDENT' ? Prisma.sql`${own} AND COALESCE(submission.student_id, submission.created_by) = ${userId}::uuid` : own;
}
