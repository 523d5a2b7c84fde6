import type { Manifest } from '@gradeflow/contracts';
import type { AssessmentRepository, CourseRepository, UserRepository } from '@gradeflow/database';
import { withDeadline } from '@gradeflow/lifecycle';
import type { PagePerson } from '@gradeflow/reading';

export type PeopleOf = (manifest: Manifest) => Promise<PagePerson[]>;

interface Deps {
  users: Pick<UserRepository, 'find'>;
  courses: Pick<CourseRepository, 'listStudents'>;
  assessments: Pick<AssessmentRepository, 'find'>;
  deadlineMs?: number;
}

/**
 * All whose page an upload's may be: its student, else the students of its course; nobody for a question paper or without a course. Throws when Postgres does not answer
 * within 2 s, or does not know the assessment: then nothing is known, which is not the same as nobody.
 */
export function createPeopleOf({ users, courses, assessments, deadlineMs = 2_000 }: Deps): PeopleOf {
  const find = async ({ purpose, studentId, assessmentId }: Manifest): Promise<PagePerson[]> => {
    if (purpose === 'question-paper') return [];
    if (studentId !== null) {
      const student = await users.find(studentId);
      if (!student) throw new Error('the student is not known');
      return [student];
    }
    const assessment = await assessments.find(assessmentId);
    if (!assessment) throw new Error('the assessment is not known');
    return assessment.courseId === null ? [] : courses.listStudents(assessment.courseId);
  };
  return (manifest) => withDeadline(find(manifest), deadlineMs);
}
