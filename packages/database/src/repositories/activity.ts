import type { Actor } from '../access.ts';
import { namesAreHidden, neutralNameSql } from '../anonymity.ts';
import { decodeTimeCursor, encodeCursor, type Page, toPage } from '../cursor.ts';
import { Prisma, type PrismaClient } from '../generated/client.ts';
import { managedBy } from './review-rows.ts';

/** An entry of the record, as people read it. */
export interface ActivityEntry {
  id: string;
  action: string;
  /** Null: Gradeflow itself, or a student whose name anonymous marking hides. */
  actor: { id: string; name: string } | null;
  /** `label` is null where it has none; of a sheet a neutral one while anonymous marking hides names. */
  subject: { type: string; id: string; label: string | null };
  at: Date;
}

export interface ActivityRepository {
  /** Newest first. Admins: all of their institution. Teachers: what was done to assessments that they manage, and what they did
   * themselves outside of any. */
  list(actor: Actor, query: { limit: number; cursor?: string | undefined }): Promise<Page<ActivityEntry>>;
}

interface Row {
  id: string;
  action: string;
  actorId: string | null;
  actorName: string | null;
  subjectType: string;
  subjectId: string;
  label: string | null;
  at: Date;
}

export function createActivityRepository(prisma: PrismaClient): ActivityRepository {
  return {
    async list(actor, { limit, cursor }) {
      const rows = await prisma.$queryRaw<Row[]>`
        SELECT event.id, event.action, person.id AS "actorId", person.name AS "actorName", event.subject_type AS "subjectType", event.subject_id AS "subjectId",
          ${label} AS label, event.at
        FROM audit_event AS event
        LEFT JOIN assessment ON assessment.id = event.assessment_id AND assessment.institution_id = event.institution_id
        LEFT JOIN "user" AS person ON person.id = event.actor_id AND NOT (COALESCE(${namesAreHidden}, false) AND person.role = 'STUDENT')
        WHERE event.institution_id = ${actor.institutionId}::uuid AND ${visibleTo(actor)} ${afterCursor(cursor)}
        ORDER BY event.at DESC, event.id DESC LIMIT ${limit + 1}`;
      return toPage(rows.map(toEntry), limit, ({ at, id }) => encodeCursor('activity', { key: at.toISOString(), id }));
    },
  };
}

function visibleTo(actor: Actor): Prisma.Sql {
  if (actor.role === 'ADMIN') return Prisma.sql`true`;
  return Prisma.sql`((event.assessment_id IS NULL AND event.actor_id = ${actor.userId}::uuid) OR (assessment.id IS NOT NULL AND ${managedBy(actor)}))`;
}

function afterCursor(cursor: string | undefined): Prisma.Sql {
  if (cursor === undefined) return Prisma.empty;
  const { at, id } = decodeTimeCursor('activity', cursor);
  return Prisma.sql`AND (event.at, event.id) < (${at}::timestamptz, ${id}::uuid)`;
}

/** Of a sheet its label, else its student's name; a neutral one while anonymous marking hides names. Nothing of another institution. */
const label = Prisma.sql`CASE event.subject_type
  WHEN 'assessment' THEN assessment.title
  WHEN 'submission' THEN (
    SELECT CASE WHEN COALESCE(${namesAreHidden}, true) THEN ${neutralNameSql} ELSE COALESCE(submission.label, student.name) END
    FROM submission LEFT JOIN "user" AS student ON student.id = submission.student_id AND student.institution_id = event.institution_id
    WHERE submission.id = event.subject_id AND submission.institution_id = event.institution_id)
  WHEN 'course' THEN (SELECT name FROM course WHERE course.id = event.subject_id AND course.institution_id = event.institution_id)
  WHEN 'user' THEN CASE WHEN COALESCE(${namesAreHidden}, false) THEN NULL ELSE (
    SELECT name FROM "user" WHERE "user".id = event.subject_id AND "user".institution_id = event.institution_id) END
END`;

function toEntry({ actorId, actorName, subjectType, subjectId, label, ...row }: Row): ActivityEntry {
  return {
    ...row,
    actor: actorId === null ? null : { id: actorId, name: actorName ?? '' },
    subject: { type: subjectType, id: subjectId, label },
  };
}
