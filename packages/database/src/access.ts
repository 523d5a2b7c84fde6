import type { Role } from '@gradeflow/contracts';
import { type AppError, ForbiddenError, NotFoundError, ValidationError } from '@gradeflow/errors';
import type { Assessment } from './repositories/assessments.ts';
import type { Database } from './types.ts';

/** Who is asking, from a verified token. */
export interface Actor {
  userId: string;
  institutionId: string;
  role: Role;
}

type Lookups = Pick<Database, 'courses' | 'users'>;

/**
 * Who may upload a sheet to an assessment; the gateway asks before the body is read, record-metadata asks again before anything counts.
 * Admins: every assessment of their institution. Teachers: those of courses that they teach, and their own ones without a course. Students: those of
 * courses that they are enrolled in, for themselves alone. A given student is a user of the institution and enrolled where there is a course.
 * Gives null when it is allowed, else the error to answer with: NotFoundError ASSESSMENT_NOT_FOUND (no such assessment, or another institution's),
 * ForbiddenError FORBIDDEN, ValidationError STUDENT_NOT_FOUND (422).
 */
export async function checkUpload(
  database: Lookups,
  actor: Actor,
  assessment: Assessment | null,
  studentId: string | null,
): Promise<AppError | null> {
  if (!assessment || assessment.institutionId !== actor.institutionId) {
    return new NotFoundError({ code: 'ASSESSMENT_NOT_FOUND', detail: 'There is no such assessment.' });
  }
  if (!(await mayUploadTo(database, actor, assessment, studentId))) {
    return new ForbiddenError({ detail: 'This person may not upload to this assessment.' });
  }
  if (studentId === null || (await isStudentOf(database, assessment, studentId))) return null;
  return new ValidationError({
    code: 'STUDENT_NOT_FOUND',
    status: 422,
    detail: 'There is no such student in the course or institution of this assessment.',
    errors: [{ path: '/studentId', message: 'is not a student of this assessment' }],
  });
}

/**
 * Who may upload a question paper to an assessment: who may change its questions. The same errors as `checkUpload`; students are always refused.
 */
export async function checkPaperUpload(database: Lookups, actor: Actor, assessment: Assessment | null): Promise<AppError | null> {
  const refusal = await checkUpload(database, actor, assessment, null);
  if (refusal || actor.role !== 'STUDENT') return refusal;
  return new ForbiddenError({ detail: 'Question papers are uploaded by teachers.' });
}

async function mayUploadTo({ courses }: Lookups, actor: Actor, assessment: Assessment, studentId: string | null): Promise<boolean> {
  switch (actor.role) {
    case 'ADMIN':
      return true;
    case 'TEACHER':
      return assessment.courseId === null ? assessment.createdBy === actor.userId : courses.isTeacher(assessment.courseId, actor.userId);
    case 'STUDENT':
      if (assessment.courseId === null || (studentId !== null && studentId !== actor.userId)) return false;
      return courses.isEnrolled(assessment.courseId, actor.userId);
  }
}

async function isStudentOf({ users, courses }: Lookups, assessment: Assessment, studentId: string): Promise<boolean> {
  const student = await users.find(studentId);
  if (!student || student.institutionId !== assessment.institutionId) return false;
  return assessment.courseId === null || courses.isEnrolled(assessment.courseId, studentId);
}
