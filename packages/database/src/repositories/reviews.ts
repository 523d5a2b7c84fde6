import type { ReviewReason } from '@gradeflow/contracts';
import { uuidv7 } from 'uuidv7';
import type { Actor } from '../access.ts';
import { decodeCursor, encodeCursor, invalidCursor, type Page, toPage } from '../cursor.ts';
import { Prisma, type PrismaClient } from '../generated/client.ts';
import { notFound } from '../to-app-error.ts';
import { rejudge } from './rejudge.ts';
import { fromReviews, openReviews, type ReviewRow, reviewOrder, selectReviews, toReviewItem } from './review-rows.ts';

/** Which open questions: all that one manages unless told. */
export interface ReviewScope {
  assessmentId?: string | undefined;
  questionId?: string | undefined;
  /** Any of these. */
  reasons?: ReviewReason[] | undefined;
}

/** One question of one submission that needs a person. */
export interface ReviewItem {
  submissionId: string;
  questionId: string;
  assessmentId: string;
  number: string;
  /** Of the submission; its neutral name while names are hidden. */
  label: string | null;
  /** The student's accepted request, where REGRADE_REQUESTED is among the reasons. */
  request: { id: string; message: string } | null;
  reasons: ReviewReason[];
  score: number;
  maxScore: number;
  confidence: number;
  /** When the result that needs a person came to be. */
  since: Date;
  /** Who holds it now. */
  claimedBy: { id: string; name: string } | null;
}

export interface ReviewClaim extends ReviewItem {
  id: string;
  expiresAt: Date;
}

export interface ReviewRepository {
  /** Open questions of the assessments that the actor manages, claimed ones too; oldest first. `total` counts the whole set. */
  list(actor: Actor, query: ReviewScope & { limit: number; cursor?: string | undefined }): Promise<Page<ReviewItem> & { total: number }>;
  /**
   * Gives up to `count` questions that nobody holds, oldest first, to the actor for `holdMs`; none twice, however many ask at once. What the actor holds already is not given
   * again, but held for as long from now on. Empty when nothing is free. The claims get these `ids`, where some are given; what one of them holds already is given again and no more.
   */
  claim(actor: Actor, query: ReviewScope & { count: number; ids?: readonly string[]; holdMs: number }): Promise<ReviewClaim[]>;
  /** Until when it is held then. Throws NotFoundError CLAIM_NOT_FOUND when it has ended, or is somebody else's. */
  renew(userId: string, id: string, holdMs: number): Promise<Date>;
  /** Throws NotFoundError CLAIM_NOT_FOUND. */
  release(userId: string, id: string): Promise<void>;
  /**
   * Applies another threshold (0–1) to what the machine has graded already: a result below it needs a person for LOW_CONFIDENCE, one that needed a person only because of an
   * earlier, higher threshold set by this method does not any more. What the grader itself said at its time stays, people's decisions stay, and sheets being graded are left to
   * their grader. Gives the number of changed results.
   */
  rejudge(assessmentId: string, reviewBelow: number): Promise<number>;
}

export function createReviewRepository(prisma: PrismaClient): ReviewRepository {
  return {
    async list(actor, { limit, cursor, ...scope }) {
      const [rows, [{ total }]] = await Promise.all([
        prisma.$queryRaw<ReviewRow[]>`${selectReviews(actor, scope)} ${afterCursor(cursor)} ORDER BY ${reviewOrder} LIMIT ${limit + 1}`,
        prisma.$queryRaw<[{ total: number }]>`SELECT count(*)::int AS total ${fromReviews} WHERE ${openReviews(actor, scope)}`,
      ]);
      const page = toPage(rows, limit, (last) =>
        encodeCursor('reviews', { key: `${last.since.toISOString()} ${last.position}`, id: last.submissionId }),
      );
      return { items: page.items.map(toReviewItem), nextCursor: page.nextCursor, total };
    },

    async claim(actor, { count, ids: named, holdMs, ...scope }) {
      const given = named ?? Array.from({ length: count }, () => uuidv7());
      await renewOwn(prisma, actor.userId, holdMs);
      const held = await listClaims(prisma, actor, given);
      if (held.length > 0) return held;
      const ids: string[] = [];
      while (ids.length < given.length) {
        const free = given.filter((id) => !ids.includes(id));
        const tried = await tryClaim(prisma, actor, scope, { ids: free, holdMs });
        const won = tried.flatMap(({ claimId }) => (claimId === null ? [] : [claimId]));
        ids.push(...won);
        // Whoever lost one to somebody else looks again, with newer eyes.
        if (won.length === tried.length) break;
      }
      return ids.length === 0 ? [] : listClaims(prisma, actor, ids);
    },

    async renew(userId, id, holdMs) {
      const [row] = await prisma.$queryRaw<Array<{ expiresAt: Date }>>`
        UPDATE review_claim SET expires_at = ${until(holdMs)} WHERE id = ${id}::uuid AND user_id = ${userId}::uuid AND expires_at > now()
        RETURNING expires_at AS "expiresAt"`;
      if (!row) throw notFound('claim');
      return row.expiresAt;
    },

    async release(userId, id) {
      const { count } = await prisma.reviewClaim.deleteMany({ where: { id, userId } });
      if (count === 0) throw notFound('claim');
    },

    rejudge: (assessmentId, reviewBelow) => rejudge(prisma, assessmentId, reviewBelow),
  };
}

/** By the clock of Postgres alone: the processes' clocks may differ. */
function until(holdMs: number): Prisma.Sql {
  return Prisma.sql`now() + ${holdMs}::int * interval '1 millisecond'`;
}

/** What a person holds stays theirs while they go on claiming. */
async function renewOwn(prisma: PrismaClient, userId: string, holdMs: number): Promise<void> {
  await prisma.$executeRaw`
    UPDATE review_claim SET expires_at = ${until(holdMs)} WHERE id IN (
      SELECT id FROM review_claim WHERE user_id = ${userId}::uuid AND expires_at > now() ORDER BY id FOR UPDATE SKIP LOCKED)`;
}

/**
 * Takes up to `count` free questions in one statement. Others that claim at the same moment skip the rows that this one holds. One that claimed just before may have ended after
 * this statement's view of the table was taken: then the unique key on submission and question refuses, and `claimId` is null.
 */
function tryClaim(prisma: PrismaClient, actor: Actor, scope: ReviewScope, { ids, holdMs }: { ids: readonly string[]; holdMs: number }) {
  return prisma.$queryRaw<Array<{ claimId: string | null }>>`
    WITH free AS (
      SELECT current.submission_id, current.question_id ${fromReviews}
      WHERE ${openReviews(actor, scope)} AND NOT EXISTS (
        SELECT 1 FROM review_claim WHERE review_claim.submission_id = current.submission_id AND review_claim.question_id = current.question_id
          AND review_claim.expires_at > now())
      ORDER BY ${reviewOrder} LIMIT ${ids.length} FOR UPDATE OF current SKIP LOCKED
    ), taken AS (
      INSERT INTO review_claim AS claim (id, submission_id, question_id, user_id, expires_at)
      SELECT (${[...ids]}::uuid[])[row_number() OVER ()], submission_id, question_id, ${actor.userId}::uuid, ${until(holdMs)} FROM free
      ON CONFLICT (submission_id, question_id) DO UPDATE SET id = EXCLUDED.id, user_id = EXCLUDED.user_id, expires_at = EXCLUDED.expires_at, created_at = now()
        WHERE claim.expires_at <= now()
      RETURNING claim.id, claim.submission_id, claim.question_id
    )
    SELECT taken.id AS "claimId" FROM free LEFT JOIN taken USING (submission_id, question_id)`;
}

async function listClaims(prisma: PrismaClient, actor: Actor, ids: readonly string[]): Promise<ReviewClaim[]> {
  const columns = Prisma.sql`, claim.id AS "claimId", claim.expires_at AS "expiresAt"`;
  const rows = await prisma.$queryRaw<Array<ReviewRow & { claimId: string; expiresAt: Date }>>`
    ${selectReviews(actor, {}, columns)} AND claim.id = ANY (${[...ids]}::uuid[]) AND claim.user_id = ${actor.userId}::uuid ORDER BY ${reviewOrder}`;
  return rows.map(({ claimId, expiresAt, ...row }) => ({ ...toReviewItem(row), id: claimId, expiresAt }));
}

function afterCursor(cursor: string | undefined): Prisma.Sql {
  if (cursor === undefined) return Prisma.empty;
  const { key, id } = decodeCursor('reviews', cursor);
  const match = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z) (\d{1,6})$/.exec(key);
  if (!match) throw invalidCursor();
  return Prisma.sql`AND (${reviewOrder}) > (${match[1]}::timestamptz, ${id}::uuid, ${Number(match[2])}::int)`;
}
