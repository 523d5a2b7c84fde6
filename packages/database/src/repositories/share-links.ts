import { uuidv7 } from 'uuidv7';
import { Prisma, type PrismaClient } from '../generated/client.ts';
import { notFound } from '../to-app-error.ts';

export interface ShareLink {
  code: string;
  submissionId: string;
  expiresAt: Date;
}

export interface ShareLinkRepository {
  /**
   * Makes the link, with an audit event, in one statement; under an id that is there already it changes nothing and gives that link. `expiresInMs` counts from now by the clock of Postgres. Null when the code has been given before, whatever became of
   * that link, or when the submission has `maxLive` live links already (a few more when many are made at once).
   */
  insert(link: {
    id: string;
    code: string;
    submissionId: string;
    createdBy: string;
    expiresInMs: number;
    maxLive: number;
  }): Promise<ShareLink | null>;
  /** Neither revoked nor expired, of a submission that is not deleted. */
  findLive(code: string): Promise<ShareLink | null>;
  countLive(submissionId: string): Promise<number>;
  /** With an audit event. Throws NotFoundError SHARE_LINK_NOT_FOUND when the submission has no such live link. */
  revoke(link: { code: string; submissionId: string; by: string }): Promise<void>;
  /** Removes those that ended longer ago; returns how many, some thousands at a time. What was shared stays on record. */
  sweep(keepMs: number): Promise<number>;
}

const sweptAtOnce = 5_000;
const columns = Prisma.sql`link.code, link.submission_id AS "submissionId", link.expires_at AS "expiresAt"`;
const isLive = Prisma.sql`link.revoked_at IS NULL AND link.expires_at > now()`;

const countLive = (submissionId: string) => Prisma.sql`
  SELECT count(*)::int AS count FROM share_link AS link WHERE link.submission_id = ${submissionId}::uuid AND ${isLive}`;

export function createShareLinkRepository(prisma: PrismaClient): ShareLinkRepository {
  const findById = async (id: string) => {
    const [row] = await prisma.$queryRaw<ShareLink[]>`SELECT ${columns} FROM share_link AS link WHERE link.id = ${id}::uuid`;
    return row ?? null;
  };
  return {
    async insert({ id, code, submissionId, createdBy, expiresInMs, maxLive }) {
      const [row] = await prisma.$queryRaw<ShareLink[]>`
        WITH link AS (
          INSERT INTO share_link (id, code, submission_id, created_by, expires_at)
          SELECT ${id}::uuid, ${code}, ${submissionId}::uuid, ${createdBy}::uuid, now() + ${expiresInMs}::float8 * interval '1 millisecond'
          WHERE (${countLive(submissionId)}) < ${maxLive}::int
          ON CONFLICT DO NOTHING RETURNING code, submission_id, created_by, expires_at
        ), recorded AS (${recordEvent('submission.shared', Prisma.sql`link.created_by`)})
        SELECT ${columns} FROM link`;
      return row ?? findById(id);
    },

    async findLive(code) {
      const [row] = await prisma.$queryRaw<ShareLink[]>`
        SELECT ${columns} FROM share_link AS link JOIN submission ON submission.id = link.submission_id AND submission.deleted_at IS NULL
        WHERE link.code = ${code} AND ${isLive}`;
      return row ?? null;
    },

    async countLive(submissionId) {
      const rows = await prisma.$queryRaw<[{ count: number }]>`${countLive(submissionId)}`;
      return rows[0].count;
    },

    async revoke({ code, submissionId, by }) {
      const rows = await prisma.$queryRaw<ShareLink[]>`
        WITH link AS (
          UPDATE share_link AS link SET revoked_at = now()
          WHERE link.code = ${code} AND link.submission_id = ${submissionId}::uuid AND ${isLive} RETURNING code, submission_id, expires_at
        ), recorded AS (${recordEvent('submission.unshared', Prisma.sql`${by}::uuid`)})
        SELECT ${columns} FROM link`;
      if (rows.length === 0) throw notFound('share_link');
    },

    sweep: (keepMs) => prisma.$executeRaw`
      DELETE FROM share_link WHERE code IN (
        SELECT code FROM share_link WHERE LEAST(revoked_at, expires_at) < now() - ${keepMs} * interval '1 millisecond' LIMIT ${sweptAtOnce})`,
  };
}

/** The code stays out of the record: whoever reads that may not be among those who were given it. */
function recordEvent(action: string, actorId: Prisma.Sql): Prisma.Sql {
  return Prisma.sql`
    INSERT INTO audit_event (id, institution_id, actor_id, action, subject_type, subject_id, assessment_id, data)
    SELECT ${uuidv7()}::uuid, submission.institution_id, ${actorId}, ${action}, 'submission', submission.id, submission.assessment_id,
      jsonb_build_object('expiresAt', link.expires_at)
    FROM link JOIN submission ON submission.id = link.submission_id`;
}
