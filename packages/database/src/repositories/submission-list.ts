import { neutralName, SubmissionStatus } from '@gradeflow/contracts';
import { neutralNameSql } from '../anonymity.ts';
import { decodeCursor, decodeTimeCursor, encodeCursor, toPage } from '../cursor.ts';
import { Prisma, type PrismaClient } from '../generated/client.ts';
import { ofAssessment, type SubmissionRow, selectSubmissions, toSubmission } from './submission-rows.ts';
import type { SubmissionRepository } from './submissions.ts';

type List = SubmissionRepository['list'];
type Query = Parameters<List>[0];
type Row = SubmissionRow & { score: number | null; maxScore: number | null; minConfidence: number | null; reviews: number };

/**
 * One page of an assessment's or a student's submissions with what counts now, the size of the filtered set, and counts by status over all of the assessment (of the
 * student): those are the figures beside the filter, so neither `status` nor `q` changes them.
 */
export async function listSubmissions(prisma: PrismaClient, query: Query): ReturnType<List> {
  const scope = scopeOf(query);
  const filter = Prisma.sql`${scope} ${filterOf(query)}`;
  const [rows, total, counts] = await Promise.all([
    prisma.$queryRaw<Row[]>`
      ${selectSubmissions(withCurrentMarks)} ${filter} ${afterCursor(query)}
      ORDER BY ${orderOf(query)} LIMIT ${query.limit + 1}`,
    prisma.$queryRaw<[{ count: number }]>`
      SELECT count(*)::int AS count FROM submission LEFT JOIN "user" AS student
        ON student.id = submission.student_id AND student.institution_id = submission.institution_id WHERE ${filter}`,
    prisma.$queryRaw<Array<{ status: SubmissionStatus; count: number }>>`
      SELECT status::text AS status, count(*)::int AS count FROM submission WHERE ${scope} GROUP BY status`,
  ]);
  const none = Object.fromEntries(SubmissionStatus.options.map((status) => [status, 0])) as Record<SubmissionStatus, number>;
  const page = toPage(rows, query.limit, (last) => encodeCursor(listName(query), { key: keyOf(query, last), id: last.id }));
  return {
    items: page.items.map(({ score, maxScore, minConfidence, reviews, ...row }) => ({
      ...toSubmission(row),
      ...{ score, maxScore, minConfidence, reviews },
    })),
    nextCursor: page.nextCursor,
    total: total[0].count,
    counts: { ...none, ...Object.fromEntries(counts.map(({ status, count }) => [status, count])) },
  };
}

/** For `selectSubmissions`: the sums that lists show. */
export const withCurrentMarks = {
  columns: Prisma.sql`, submission.score, submission.max_score AS "maxScore", submission.min_confidence AS "minConfidence", submission.reviews`,
};

function scopeOf({ assessmentId, studentId }: Query): Prisma.Sql {
  if (assessmentId === undefined && studentId === undefined) throw new RangeError('list submissions of an assessment or of a student');
  const conditions = [assessmentId === undefined ? Prisma.sql`submission.deleted_at IS NULL` : ofAssessment(assessmentId)];
  if (studentId !== undefined) conditions.push(Prisma.sql`submission.student_id = ${studentId}::uuid`);
  return Prisma.join(conditions, ' AND ');
}

function filterOf({ status, q, hideNames }: Query): Prisma.Sql {
  const byStatus = status === undefined ? Prisma.empty : Prisma.sql`AND submission.status = ${status}::submission_status`;
  if (q === undefined || q === '') return byStatus;
  const pattern = `%${q.replace(/[\\%_]/g, '\\$&')}%`;
  if (hideNames) return Prisma.sql`${byStatus} AND ${neutralNameSql} ILIKE ${pattern}`;
  return Prisma.sql`${byStatus} AND (submission.label ILIKE ${pattern} OR submission.original_name ILIKE ${pattern} OR student.name ILIKE ${pattern})`;
}

const isByLabel = ({ sort }: Query) => sort === 'label' || sort === '-label';
const isDescending = ({ sort }: Query) => sort.startsWith('-');
const listName = ({ sort, hideNames }: Query) => `submissions,${sort}${hideNames ? ',neutral' : ''}`;
const nameOf = ({ hideNames }: Query, row: Row) => (hideNames ? neutralName(row.id) : (row.label ?? ''));
const keyOf = (query: Query, row: Row) => (isByLabel(query) ? nameOf(query, row) : row.createdAt.toISOString());

const labelSql = ({ hideNames }: Query) => (hideNames ? neutralNameSql : Prisma.sql`COALESCE(submission.label, '')`);
const createdAtSql = Prisma.sql`submission.created_at`;

function orderOf(query: Query): Prisma.Sql {
  const key = isByLabel(query) ? labelSql(query) : createdAtSql;
  return isDescending(query) ? Prisma.sql`${key} DESC, submission.id DESC` : Prisma.sql`${key}, submission.id`;
}

function afterCursor(query: Query): Prisma.Sql {
  if (query.cursor === undefined) return Prisma.empty;
  const beyond = isDescending(query) ? Prisma.sql`<` : Prisma.sql`>`;
  if (isByLabel(query)) {
    const { key, id } = decodeCursor(listName(query), query.cursor);
    return Prisma.sql`AND (${labelSql(query)}, submission.id) ${beyond} (${key}, ${id}::uuid)`;
  }
  const { at, id } = decodeTimeCursor(listName(query), query.cursor);
  return Prisma.sql`AND (${createdAtSql}, submission.id) ${beyond} (${at}::timestamptz, ${id}::uuid)`;
}
