import { decodeCursor, encodeCursor, type Page, toPage } from '../cursor.ts';
import { Prisma, type PrismaClient } from '../generated/client.ts';
import { auditAdmin } from './admin-audit.ts';
import type { PersonState } from './people.ts';

/** A student of a course. */
export interface RosterEntry {
  userId: string;
  name: string;
  email: string;
  rollNumber: string | null;
  state: PersonState;
}

/** A student to be; `id` counts if the address is new. */
export interface RosterRow {
  id: string;
  /** Lower case; each once. */
  email: string;
  name: string;
  rollNumber: string | null;
}

export type RosterOutcome =
  | { enrolled: number; invited: string[]; refused: null }
  /** Nothing was changed: these addresses belong to somebody who can not be a student here. */
  | { refused: string[] };

/** What a person (`by`) changes is on record, in the same transaction. */
export interface RosterRepository {
  /** By name. `q`: a part of name, address or roll number. */
  list(courseId: string, query: { limit: number; cursor?: string | undefined; q?: string | undefined }): Promise<Page<RosterEntry>>;
  /** All rows or none; who is enrolled already stays so, with the new roll number if there is one. */
  add(course: { id: string; institutionId: string }, rows: RosterRow[], by: string): Promise<RosterOutcome>;
  /** Whether this person was enrolled. What was handed in stays. */
  remove(course: { id: string; institutionId: string }, userId: string, by: string): Promise<boolean>;
}

class Refusal extends Error {
  readonly emails: string[];
  constructor(emails: string[]) {
    super('rows were refused');
    this.emails = emails;
  }
}

export function createRosterRepository(prisma: PrismaClient): RosterRepository {
  return {
    async list(courseId, { limit, cursor, q }) {
      const after = cursor === undefined ? null : decodeCursor('roster', cursor);
      const part = q === undefined || q === '' ? null : `%${q.replaceAll(/[\\%_]/g, '\\$&')}%`;
      const rows = await prisma.$queryRaw<RosterEntry[]>`
        SELECT person.id AS "userId", person.name, person.email, entry.roll_number AS "rollNumber",
          CASE WHEN person.password_hash IS NULL THEN 'INVITED' ELSE 'ACTIVE' END AS state
        FROM enrolment AS entry JOIN "user" AS person ON person.id = entry.user_id
        WHERE entry.course_id = ${courseId}::uuid
          ${after === null ? Prisma.empty : Prisma.sql`AND (person.name, person.id) > (${after.key}, ${after.id}::uuid)`}
          ${part === null ? Prisma.empty : Prisma.sql`AND (person.name ILIKE ${part} OR person.email ILIKE ${part} OR entry.roll_number ILIKE ${part})`}
        ORDER BY person.name, person.id LIMIT ${limit + 1}`;
      return toPage(rows, limit, ({ name, userId }) => encodeCursor('roster', { key: name, id: userId }));
    },

    async add(course, rows, by) {
      try {
        return await prisma.$transaction(async (tx) => {
          const outcome = await addRows(tx, course, rows);
          const { id: subjectId, institutionId } = course;
          const { enrolled, invited } = outcome;
          const data = { enrolled, invited: invited.length };
          if (enrolled > 0) await auditAdmin(tx, { institutionId, by, action: 'course.students_added', subjectId, data });
          return outcome;
        });
      } catch (error) {
        if (error instanceof Refusal) return { refused: error.emails };
        throw error;
      }
    },

    remove: ({ id, institutionId }, userId, by) =>
      prisma.$transaction(async (tx) => {
        const { count } = await tx.enrolment.deleteMany({ where: { courseId: id, userId } });
        if (count > 0) await auditAdmin(tx, { institutionId, by, action: 'course.student_removed', subjectId: id, data: { userId } });
        return count > 0;
      }),
  };
}

/** First whoever is new, so that what is looked at then is settled whoever else writes the same addresses. */
async function addRows(
  tx: Prisma.TransactionClient,
  course: { id: string; institutionId: string },
  rows: RosterRow[],
): Promise<Extract<RosterOutcome, { refused: null }>> {
  const columns = {
    ids: rows.map(({ id }) => id),
    emails: rows.map(({ email }) => email),
    names: rows.map(({ name }) => name),
    rolls: rows.map(({ rollNumber }) => rollNumber ?? ''),
  };
  const added = await tx.$queryRaw<Array<{ id: string }>>`
    INSERT INTO "user" (id, institution_id, email, name, role)
    SELECT id, ${course.institutionId}::uuid, email, name, 'STUDENT'
    FROM unnest(${columns.ids}::uuid[], ${columns.emails}::text[], ${columns.names}::text[]) AS new (id, email, name) ORDER BY email
    ON CONFLICT (email) DO NOTHING RETURNING id`;
  const people = await tx.user.findMany({
    where: { email: { in: columns.emails }, institutionId: course.institutionId, role: 'STUDENT', removedAt: null },
    select: { email: true },
  });
  const students = new Set(people.map(({ email }) => email));
  const refused = columns.emails.filter((email) => !students.has(email));
  if (refused.length > 0) throw new Refusal(refused);
  const enrolled = await tx.$queryRaw<Array<{ isNew: boolean }>>`
    INSERT INTO enrolment AS entry (course_id, user_id, roll_number)
    SELECT ${course.id}::uuid, person.id, NULLIF(new.roll, '')
    FROM unnest(${columns.emails}::text[], ${columns.rolls}::text[]) AS new (email, roll) JOIN "user" AS person ON person.email = new.email ORDER BY person.id
    ON CONFLICT (course_id, user_id) DO UPDATE SET roll_number = COALESCE(excluded.roll_number, entry.roll_number)
    RETURNING (xmax = 0) AS "isNew"`;
  return { enrolled: enrolled.filter(({ isNew }) => isNew).length, invited: added.map(({ id }) => id), refused: null };
}
