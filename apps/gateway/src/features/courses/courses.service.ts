import type { Actor, CourseRecord, Database } from '@gradeflow/database';
import { ForbiddenError, NotFoundError } from '@gradeflow/errors';
import type { JobProducer } from '@gradeflow/queue';
import { uuidv7 } from 'uuidv7';
import { createOnce } from '../../http/idempotency.ts';
import { type NumberedLine, refusedRoster } from './roster-csv.ts';

export interface CourseService {
  /** `read`: also its students. Throws NotFoundError COURSE_NOT_FOUND, ForbiddenError for a colleague's course. */
  get(actor: Actor, id: string, purpose: 'read' | 'manage'): Promise<CourseRecord>;
  /** A teacher teaches the course that they make. The same id again gives what is there. */
  create(actor: Actor, id: string, name: string): Promise<CourseRecord>;
  /** All lines or none. Throws ValidationError ROSTER_REFUSED (422). Gives who was enrolled and the ids of whoever is new here. */
  addStudents(actor: Actor, course: CourseRecord, lines: readonly NumberedLine[]): Promise<{ enrolled: number; invited: string[] }>;
  mailInvites(userIds: readonly string[]): Promise<void>;
  /** Throws NotFoundError STUDENT_NOT_FOUND. */
  removeStudent(actor: Actor, course: CourseRecord, userId: string): Promise<void>;
}

interface Deps {
  database: Database;
  producer: Pick<JobProducer, 'enqueueSecretMail'>;
}

export function createCourseService({ database, producer }: Deps): CourseService {
  const mayHave = (actor: Actor, course: CourseRecord, purpose: 'read' | 'manage'): Promise<boolean> | boolean => {
    if (actor.role === 'ADMIN') return true;
    if (actor.role === 'TEACHER') return database.courses.isTeacher(course.id, actor.userId);
    return purpose === 'read' && database.courses.isEnrolled(course.id, actor.userId);
  };
  const find = async (id: string): Promise<CourseRecord> => (await database.courseRecords.find(id)) ?? noCourse();

  return {
    get: async (actor, id, purpose) => {
      const course = await find(id);
      if (course.institutionId !== actor.institutionId) return noCourse();
      if (!(await mayHave(actor, course, purpose))) throw new ForbiddenError({ detail: 'This course is not yours.' });
      return course;
    },

    create: (actor, id, name) =>
      createOnce(
        async () => {
          const teacherId = actor.role === 'TEACHER' ? actor.userId : null;
          await database.courseRecords.insert({ id, institutionId: actor.institutionId, name, teacherId, by: actor.userId });
          return find(id);
        },
        () => database.courseRecords.find(id),
      ),

    addStudents: async (actor, course, lines) => {
      const rows = lines.map(({ email, name, rollNumber }) => ({ id: uuidv7(), email, name, rollNumber }));
      const outcome = await database.rosters.add(course, rows, actor.userId);
      if (outcome.refused === null) return outcome;
      const refused = new Set(outcome.refused);
      const message = 'this address belongs to somebody who cannot be a student here';
      throw refusedRoster(lines.flatMap(({ email, line }) => (refused.has(email) ? [{ path: `/rows/${line}`, message }] : [])));
    },

    mailInvites: async (userIds) => {
      for (const userId of userIds) await producer.enqueueSecretMail({ mailId: uuidv7(), kind: 'invite', userId });
    },

    removeStudent: async (actor, course, userId) => {
      if (!(await database.rosters.remove(course, userId, actor.userId)))
        throw new NotFoundError({ code: 'STUDENT_NOT_FOUND', detail: 'This person is not in the course.' });
    },
  };
}

function noCourse(): never {
  throw new NotFoundError({ code: 'COURSE_NOT_FOUND', detail: 'There is no such course.' });
}
