import { ConflictError, ValidationError } from '@gradeflow/errors';
import type { Actor } from '../access.ts';
import { decodeTimeCursor, encodeCursor, type Page, toPage } from '../cursor.ts';
import { Prisma, type PrismaClient } from '../generated/client.ts';
import { notFound } from '../to-app-error.ts';
import { auditAdmin } from './admin-audit.ts';

/** A course with its people, as those see it who may. */
export interface CourseRecord {
  id: string;
  institutionId: string;
  name: string;
  createdAt: Date;
  teachers: Array<{ id: string; name: string }>;
  students: number;
}

/** What a person (`by`) does is on record, in the same transaction. */
export interface CourseRecordRepository {
  /** Admins see all of their institution, teachers and students their own. Newest first. */
  listFor(actor: Actor, page: { limit: number; cursor?: string | undefined }): Promise<Page<CourseRecord>>;
  find(id: string): Promise<CourseRecord | null>;
  /** ConflictError ALREADY_EXISTS for a known id. */
  insert(course: { id: string; institutionId: string; name: string; teacherId: string | null; by: string }): Promise<void>;
  rename(id: string, name: string, by: string): Promise<void>;
  /** Throws ConflictError COURSE_IN_USE while it has assessments. */
  remove(id: string, by: string): Promise<void>;
  /** Those alone teach it from now on. Throws ValidationError TEACHER_NOT_FOUND (422) with the place of whoever is no teacher or admin of the institution. */
  setTeachers(id: string, userIds: string[], by: string): Promise<void>;
}

const shape = Prisma.sql`
  course.id, course.institution_id AS "institutionId", course.name, course.created_at AS "createdAt",
  (SELECT count(*)::int FROM enrolment WHERE course_id = course.id) AS students,
  COALESCE((SELECT jsonb_agg(jsonb_build_object('id', person.id, 'name', person.name) ORDER BY person.name, person.id)
    FROM course_teacher JOIN "user" AS person ON person.id = course_teacher.user_id WHERE course_teacher.course_id = course.id), '[]') AS teachers`;

export function createCourseRecordRepository(prisma: PrismaClient): CourseRecordRepository {
  return {
    async listFor(actor, { limit, cursor }) {
      const after = cursor === undefined ? null : decodeTimeCursor('courses', cursor);
      const rows = await prisma.$queryRaw<CourseRecord[]>`
        SELECT ${shape} FROM course WHERE course.institution_id = ${actor.institutionId}::uuid ${visibleTo(actor)}
          ${after === null ? Prisma.empty : Prisma.sql`AND (course.created_at, course.id) < (${after.at}::timestamptz, ${after.id}::uuid)`}
        ORDER BY course.created_at DESC, course.id DESC LIMIT ${limit + 1}`;
      return toPage(rows, limit, ({ createdAt, id }) => encodeCursor('courses', { key: createdAt.toISOString(), id }));
    },

    async find(id) {
      const rows = await prisma.$queryRaw<CourseRecord[]>`SELECT ${shape} FROM course WHERE course.id = ${id}::uuid`;
      return rows[0] ?? null;
    },

    insert: ({ teacherId, by, ...course }) =>
      prisma.$transaction(async (tx) => {
        await tx.course.create({ data: { ...course, ...(teacherId === null ? {} : { teachers: { create: { userId: teacherId } } }) } });
        await auditAdmin(tx, { institutionId: course.institutionId, by, action: 'course.created', subjectId: course.id });
      }),

    rename: (id, name, by) =>
      prisma.$transaction(async (tx) => {
        const { institutionId } = await tx.course.update({ where: { id }, data: { name }, select: { institutionId: true } });
        await auditAdmin(tx, { institutionId, by, action: 'course.renamed', subjectId: id });
      }),

    remove: (id, by) =>
      prisma.$transaction(async (tx) => {
        const { institutionId } = await lock(tx, id);
        const used = await tx.assessment.count({ where: { courseId: id, deletedAt: null } });
        if (used > 0)
          throw new ConflictError({ code: 'COURSE_IN_USE', detail: `The course has ${used} assessments: delete or move them first.` });
        // Deleted ones keep their rows and need no course.
        await tx.assessment.updateMany({ where: { courseId: id }, data: { courseId: null } });
        await tx.course.delete({ where: { id } });
        await auditAdmin(tx, { institutionId, by, action: 'course.removed', subjectId: id });
      }),

    setTeachers: (id, userIds, by) =>
      prisma.$transaction(async (tx) => {
        const { institutionId } = await lock(tx, id);
        const known = await tx.user.findMany({
          where: { id: { in: userIds }, institutionId, removedAt: null, role: { in: ['TEACHER', 'ADMIN'] } },
          select: { id: true },
        });
        const strange = userIds.flatMap((userId, index) => (known.some((user) => user.id === userId.toLowerCase()) ? [] : [index]));
        if (strange.length > 0) throw noTeachers(strange);
        await tx.courseTeacher.deleteMany({ where: { courseId: id } });
        await tx.courseTeacher.createMany({ data: known.map((user) => ({ courseId: id, userId: user.id })) });
        const teachers = known.map((user) => user.id);
        await auditAdmin(tx, { institutionId, by, action: 'course.teachers_set', subjectId: id, data: { teachers } });
      }),
  };
}

function visibleTo({ role, userId }: Actor): Prisma.Sql {
  if (role === 'ADMIN') return Prisma.empty;
  const table = role === 'TEACHER' ? Prisma.sql`course_teacher` : Prisma.sql`enrolment`;
  return Prisma.sql`AND EXISTS (SELECT 1 FROM ${table} AS mine WHERE mine.course_id = course.id AND mine.user_id = ${userId}::uuid)`;
}

async function lock(tx: Prisma.TransactionClient, id: string): Promise<{ institutionId: string }> {
  const rows = await tx.$queryRaw<Array<{ institutionId: string }>>`
    SELECT institution_id AS "institutionId" FROM course WHERE id = ${id}::uuid FOR UPDATE`;
  if (!rows[0]) throw notFound('course');
  return rows[0];
}

function noTeachers(indexes: number[]): ValidationError {
  return new ValidationError({
    code: 'TEACHER_NOT_FOUND',
    status: 422,
    detail: 'Teachers of a course are teachers or admins of its institution.',
    errors: indexes.map((index) => ({ path: `/userIds/${index}`, message: 'is no teacher or admin here' })),
  });
}
