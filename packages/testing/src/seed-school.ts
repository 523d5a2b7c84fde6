import { randomUUID } from 'node:crypto';
import type { Question, Role } from '@gradeflow/contracts';
import type { Assessment, Database } from '@gradeflow/database';

export interface School {
  institutionId: string;
  courseId: string;
  /** Ids. The teacher teaches the course and the student is enrolled in it; the outsiders belong to the institution only. */
  people: { admin: string; teacher: string; student: string; outsideTeacher: string; outsideStudent: string };
  /** Belongs to the course, made by the teacher; without questions unless some were given. */
  assessment: Assessment;
}

/** An institution with people of each role, a course and an assessment; everything new, so that one database can hold many. */
export async function seedSchool(
  database: Database,
  options: { questions?: Question[]; assessment?: Partial<Pick<Assessment, 'release' | 'anonymous' | 'title' | 'courseId'>> } = {},
): Promise<School> {
  const [institutionId, courseId] = [randomUUID(), randomUUID()];
  await database.institutions.insert({ id: institutionId, name: 'Test school' });
  const addPerson = async (name: string, role: Role) => {
    const id = randomUUID();
    await database.users.insert({ id, institutionId, email: `${id}@example.org`, name, role, passwordHash: null });
    return id;
  };
  const people = {
    admin: await addPerson('Alan Admin', 'ADMIN'),
    teacher: await addPerson('Tess Teacher', 'TEACHER'),
    student: await addPerson('Sam Student', 'STUDENT'),
    outsideTeacher: await addPerson('Olga Outside', 'TEACHER'),
    outsideStudent: await addPerson('Otto Outside', 'STUDENT'),
  };
  await database.courses.insert({ id: courseId, institutionId, name: 'Physics 1' });
  await database.courses.addTeacher(courseId, people.teacher);
  await database.courses.enrol(courseId, people.student);
  const assessment = await database.assessments.insert(
    {
      ...{ id: randomUUID(), institutionId, courseId, createdBy: people.teacher, title: 'Physics', languages: ['eng'] },
      ...{ anonymous: false, release: 'IMMEDIATE', reviewBelow: 0.8, sampleShare: 0, regradeUntil: null },
      ...options.assessment,
    },
    options.questions ?? null,
  );
  return { institutionId, courseId, people, assessment };
}
