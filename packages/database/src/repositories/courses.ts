import type { PrismaClient } from '../generated/client.ts';

export interface CourseRepository {
  insert(course: { id: string; institutionId: string; name: string }): Promise<void>;
  addTeacher(courseId: string, userId: string): Promise<void>;
  enrol(courseId: string, userId: string): Promise<void>;
  find(id: string): Promise<{ id: string; institutionId: string; name: string } | null>;
  isTeacher(courseId: string, userId: string): Promise<boolean>;
  isEnrolled(courseId: string, userId: string): Promise<boolean>;
  /** Names, addresses and roll numbers of all who are enrolled. */
  listStudents(courseId: string): Promise<Array<{ name: string; email: string; rollNumber: string | null }>>;
}

/** Adding somebody twice changes nothing; an unknown course or person gives ConflictError REFERENCE_NOT_FOUND. */
export function createCourseRepository(prisma: PrismaClient): CourseRepository {
  return {
    async insert({ id, institutionId, name }) {
      await prisma.course.create({ data: { id, institutionId, name } });
    },
    async addTeacher(courseId, userId) {
      await prisma.courseTeacher.createMany({ data: { courseId, userId }, skipDuplicates: true });
    },
    async enrol(courseId, userId) {
      await prisma.enrolment.createMany({ data: { courseId, userId }, skipDuplicates: true });
    },
    find: (id) => prisma.course.findUnique({ where: { id }, select: { id: true, institutionId: true, name: true } }),
    isTeacher: async (courseId, userId) => (await prisma.courseTeacher.count({ where: { courseId, userId } })) > 0,
    isEnrolled: async (courseId, userId) => (await prisma.enrolment.count({ where: { courseId, userId } })) > 0,
    listStudents: async (courseId) => {
      const columns = { rollNumber: true, user: { select: { name: true, email: true } } } as const;
      const rows = await prisma.enrolment.findMany({ where: { courseId }, select: columns, orderBy: { userId: 'asc' } });
      return rows.map(({ rollNumber, user }) => ({ ...user, rollNumber }));
    },
  };
}
