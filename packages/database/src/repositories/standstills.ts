import { decodeTimeCursor, encodeCursor, type Page, toPage } from '../cursor.ts';
import { Prisma, type PrismaClient } from '../generated/client.ts';

type StandstillKind = 'submission' | 'question-paper' | 'report';

/** Something that is not finished and has not moved for a while, or has failed without being at fault itself. */
export interface Standstill {
  kind: StandstillKind;
  id: string;
  institution: { id: string; name: string };
  /** Null when it is gone. */
  assessment: { id: string; title: string } | null;
  status: string;
  run: number;
  reasonCode: string | null;
  reasonDetail: string | null;
  /** When it, or a step of it, last changed. */
  since: Date;
}

export interface StandstillQuery {
  /** Unfinished things that moved later than so long ago are left out. */
  stillMs: number;
  /** Reasons of FAILED things that are their own fault: those are left out. */
  ownFaults: readonly string[];
}

export interface StandstillRepository {
  /** Longest standing first, over all institutions. */
  list(query: StandstillQuery & { limit: number; cursor?: string | undefined }): Promise<Page<Standstill>>;
  count(query: StandstillQuery): Promise<number>;
  /** Which of these ids submissions or question papers have, deleted ones too. */
  known(ids: readonly string[]): Promise<Set<string>>;
}

/** Question papers and reports that failed are made anew; after a week nobody waits for the old ones. */
const failedKept = Prisma.sql`interval '7 days'`;

type Row = Omit<Standstill, 'institution' | 'assessment'> & {
  institutionId: string;
  institutionName: string;
  assessmentId: string | null;
  assessmentTitle: string | null;
};

export function createStandstillRepository(prisma: PrismaClient): StandstillRepository {
  return {
    async list({ limit, cursor, ...query }) {
      const after = cursor === undefined ? undefined : decodeTimeCursor('stuck', cursor);
      const rows = await prisma.$queryRaw<Row[]>`
        SELECT still.kind, still.id, still.institution_id AS "institutionId", institution.name AS "institutionName", assessment.id AS "assessmentId",
          assessment.title AS "assessmentTitle", still.status, still.run, still.reason_code AS "reasonCode", still.reason_detail AS "reasonDetail", still.since
        FROM (${standing(query)}) AS still JOIN institution ON institution.id = still.institution_id
          LEFT JOIN assessment ON assessment.id = still.assessment_id AND assessment.deleted_at IS NULL
        WHERE ${after === undefined ? Prisma.sql`true` : Prisma.sql`(still.since, still.id) > (${after.at}::timestamptz, ${after.id}::uuid)`}
        ORDER BY still.since, still.id LIMIT ${limit + 1}`;
      return toPage(rows.map(toStandstill), limit, ({ since, id }) => encodeCursor('stuck', { key: since.toISOString(), id }));
    },

    async count(query) {
      const [{ count }] = await prisma.$queryRaw<[{ count: number }]>`SELECT count(*)::int AS count FROM (${standing(query)}) AS still`;
      return count;
    },

    async known(ids) {
      const rows = await prisma.$queryRaw<Array<{ id: string }>>`
        SELECT id FROM submission WHERE id = ANY (${ids}::uuid[]) UNION ALL SELECT id FROM question_paper WHERE id = ANY (${ids}::uuid[])`;
      return new Set(rows.map(({ id }) => id));
    },
  };
}

/** Cost: the unfinished ones by index, and a look at the steps of each; the failed ones by index. */
function standing({ stillMs, ownFaults }: StandstillQuery): Prisma.Sql {
  const lastStep = (id: Prisma.Sql) =>
    Prisma.sql`(SELECT max(stage.since) FROM submission_stage AS stage WHERE stage.submission_id = ${id})`;
  const isOld = Prisma.sql`found.since < now() - ${stillMs} * interval '1 millisecond'`;
  const notOwnFault = Prisma.sql`COALESCE(reason_code, '') <> ALL (${[...ownFaults]}::text[])`;
  return Prisma.sql`
    SELECT found.* FROM (
      SELECT 'submission' AS kind, id, institution_id, assessment_id, status::text AS status, run, reason_code, reason_detail,
        GREATEST(updated_at, ${lastStep(Prisma.sql`submission.id`)}) AS since
      FROM submission WHERE deleted_at IS NULL AND status IN ('RECEIVED', 'PROCESSING')
      UNION ALL
      SELECT 'submission', id, institution_id, assessment_id, status::text, run, reason_code, reason_detail, updated_at
      FROM submission WHERE deleted_at IS NULL AND status = 'FAILED' AND ${notOwnFault}
      UNION ALL
      SELECT 'question-paper', id, institution_id, assessment_id, status::text, run, reason_code, reason_detail,
        GREATEST(updated_at, ${lastStep(Prisma.sql`question_paper.id`)})
      FROM question_paper WHERE status = 'PROCESSING' OR (status = 'FAILED' AND ${notOwnFault} AND updated_at > now() - ${failedKept})
      UNION ALL
      SELECT 'report', id, institution_id, assessment_id, status::text, 1, NULL, reason, updated_at
      FROM report WHERE status IN ('QUEUED', 'RUNNING') OR (status = 'FAILED' AND updated_at > now() - ${failedKept})
    ) AS found WHERE found.status = 'FAILED' OR ${isOld}`;
}

function toStandstill({ institutionId, institutionName, assessmentId, assessmentTitle, ...row }: Row): Standstill {
  return {
    ...row,
    institution: { id: institutionId, name: institutionName },
    assessment: assessmentId === null ? null : { id: assessmentId, title: assessmentTitle ?? '' },
  };
}
