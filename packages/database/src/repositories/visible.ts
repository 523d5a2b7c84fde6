import type { Actor } from '../access.ts';
import { Prisma, type PrismaClient } from '../generated/client.ts';
import { managedBy } from './review-rows.ts';

/** Of many ids, those that a person may see. Unknown ones are left out like the others. */
export interface VisibleRepository {
  /** In the given order; agrees with the gateway's `visibility.submission` for recorded ones: deleted ones are left out. */
  submissions(actor: Actor, ids: readonly string[]): Promise<string[]>;
  /** In the given order: oneself, for admins their institution, for teachers the people of courses that they teach, and who is in an open room with oneself. */
  users(actor: Actor, ids: readonly string[]): Promise<string[]>;
}

export function createVisibleRepository(prisma: PrismaClient): VisibleRepository {
  const pick = async (ids: readonly string[], from: Prisma.Sql): Promise<string[]> => {
    const rows = await prisma.$queryRaw<Array<{ id: string }>>`SELECT found.id FROM (${from}) AS found
      ORDER BY array_position(${ids}::uuid[], found.id)`;
    return rows.map(({ id }) => id);
  };

  return {
    submissions: (actor, ids) =>
      pick(
        ids,
        Prisma.sql`SELECT submission.id FROM submission LEFT JOIN assessment ON assessment.id = submission.assessment_id AND assessment.deleted_at IS NULL
          WHERE submission.id = ANY (${ids}::uuid[]) AND submission.institution_id = ${actor.institutionId}::uuid AND submission.deleted_at IS NULL AND ${maySee(actor)}`,
      ),

    users: (actor, ids) =>
      pick(
        ids,
        Prisma.sql`SELECT person.id FROM "user" AS person
          WHERE person.id = ANY (${ids}::uuid[]) AND person.institution_id = ${actor.institutionId}::uuid
            AND (${actor.role === 'ADMIN'} OR person.id = ${actor.userId}::uuid OR ${isInCourseOf(actor)} OR ${isInRoomWith(actor)})`,
      ),
  };
}

function maySee(actor: Actor): Prisma.Sql {
  const { role, userId } = actor;
  if (role === 'ADMIN') return Prisma.sql`true`;
  // Whose sheet it is counts, not who uploaded it.
  if (role === 'STUDENT') return Prisma.sql`COALESCE(submission.student_id, submission.created_by) = ${userId}::uuid`;
  return Prisma.sql`CASE WHEN assessment.id IS NULL THEN submission.created_by = ${userId}::uuid ELSE ${managedBy(actor)} END`;
}

function isInCourseOf({ role, userId }: Actor): Prisma.Sql {
  if (role !== 'TEACHER') return Prisma.sql`false`;
  return Prisma.sql`EXISTS (SELECT 1 FROM course_teacher AS own
    WHERE own.user_id = ${userId}::uuid AND (
      EXISTS (SELECT 1 FROM enrolment WHERE enrolment.course_id = own.course_id AND enrolment.user_id = person.id)
      OR EXISTS (SELECT 1 FROM course_teacher AS other WHERE other.course_id = own.course_id AND other.user_id = person.id)))`;
}

/** Rooms that one made count as if one were in them; the other has to have joined. */
function isInRoomWith({ userId }: Actor): Prisma.Sql {
  return Prisma.sql`EXISTS (SELECT 1 FROM room_participant AS other JOIN room ON room.id = other.room_id
    WHERE other.user_id = person.id AND room.closed_at IS NULL AND room.expires_at > now() AND (room.created_by = ${userId}::uuid
      OR EXISTS (SELECT 1 FROM room_participant AS own WHERE own.room_id = room.id AND own.user_id = ${userId}::uuid)))`;
}
