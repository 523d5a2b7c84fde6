import { namesAreHidden } from '../anonymity.ts';
import { decodeTimeCursor, encodeCursor, type Page, toPage } from '../cursor.ts';
import { Prisma, type PrismaClient } from '../generated/client.ts';
import { putOnRecord } from '../put-on-record.ts';
import { storableJson } from '../storable.ts';

export interface AuditEvent {
  id: string;
  institutionId: string;
  actor: { id: string; name: string } | null;
  action: string;
  subjectType: string;
  subjectId: string;
  assessmentId: string | null;
  data: Record<string, unknown>;
  at: Date;
}

/** The record of who changed what. */
export interface AuditRepository {
  insert(event: Omit<AuditEvent, 'actor' | 'at'> & { actorId: string | null }): Promise<void>;
  /** What an earlier attempt under this id has done. */
  find(id: string): Promise<Pick<AuditEvent, 'id' | 'subjectId' | 'data'> | null>;
  /** Newest first; of the whole institution, or of one subject or assessment. */
  list(query: {
    institutionId: string;
    assessmentIds?: string[] | undefined;
    subjectId?: string | undefined;
    limit: number;
    cursor?: string | undefined;
  }): Promise<Page<AuditEvent>>;
}

interface Row extends Omit<AuditEvent, 'actor' | 'data'> {
  actorId: string | null;
  actorName: string | null;
  data: unknown;
}

export function createAuditRepository(prisma: PrismaClient): AuditRepository {
  return {
    async insert({ data, ...event }) {
      await putOnRecord(prisma, { ...event, data: JSON.parse(storableJson(data)) as Prisma.InputJsonValue });
    },

    async find(id) {
      const row = await prisma.auditEvent.findUnique({ where: { id }, select: { id: true, subjectId: true, data: true } });
      return row && { ...row, data: row.data as AuditEvent['data'] };
    },

    async list({ institutionId, assessmentIds, subjectId, limit, cursor }) {
      const after = cursor === undefined ? undefined : decodeTimeCursor('audit', cursor);
      const conditions = [
        Prisma.sql`event.institution_id = ${institutionId}::uuid`,
        ...(assessmentIds === undefined ? [] : [Prisma.sql`event.assessment_id = ANY (${assessmentIds}::uuid[])`]),
        ...(subjectId === undefined ? [] : [Prisma.sql`event.subject_id = ${subjectId}::uuid`]),
        ...(after === undefined ? [] : [Prisma.sql`(event.at, event.id) < (${after.at}::timestamptz, ${after.id}::uuid)`]),
      ];
      const rows = await prisma.$queryRaw<Row[]>`
        SELECT event.id, event.institution_id AS "institutionId", CASE WHEN ${isHiddenStudent} THEN NULL ELSE event.actor_id END AS "actorId", person.name AS "actorName", event.action, event.subject_type AS "subjectType",
          event.subject_id AS "subjectId", event.assessment_id AS "assessmentId", event.data, event.at
        FROM audit_event AS event LEFT JOIN "user" AS person ON person.id = event.actor_id
          LEFT JOIN assessment ON assessment.id = event.assessment_id
        WHERE ${Prisma.join(conditions, ' AND ')} ORDER BY event.at DESC, event.id DESC LIMIT ${limit + 1}`;
      return toPage(rows.map(toEvent), limit, ({ at, id }) => encodeCursor('audit', { key: at.toISOString(), id }));
    },
  };
}

/** What a student did to a sheet would tell whose it is. */
const isHiddenStudent = Prisma.sql`(person.role = 'STUDENT' AND COALESCE(${namesAreHidden}, false))`;

function toEvent({ actorId, actorName, data, ...row }: Row): AuditEvent {
  return { ...row, data: data as AuditEvent['data'], actor: actorId === null ? null : { id: actorId, name: actorName ?? '' } };
}
