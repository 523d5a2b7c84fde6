import type { ClaimBody, ReviewListQuery } from '@gradeflow/contracts';
import type { Actor, Database, Page, ReviewClaim, ReviewItem } from '@gradeflow/database';
import type { Anonymity } from '../../access/anonymity.ts';
import type { Visibility } from '../../access/visibility.ts';
import { idsUnder } from '../../http/idempotency.ts';

/** Long enough for one answer; a reviewer who goes away blocks nobody for longer. */
const claimHoldMs = 5 * 60_000;

export interface ReviewService {
  /** Open questions of the assessments that one manages, oldest first. Throws NotFoundError or ForbiddenError for an assessment that is not theirs. */
  list(actor: Actor, query: ReviewListQuery): Promise<Page<ReviewItem> & { total: number }>;
  /** The next free ones, held for this person for five minutes; those that they hold already are held for as long from now. Empty when nothing is free. The same id again gives the same ones. */
  claim(actor: Actor, id: string, body: ClaimBody): Promise<ReviewClaim[]>;
  /** Throws NotFoundError CLAIM_NOT_FOUND when it has ended or is not theirs. */
  renew(actor: Actor, id: string): Promise<Date>;
  release(actor: Actor, id: string): Promise<void>;
}

interface Deps {
  database: Database;
  visibility: Visibility;
  anonymity: Anonymity;
}

export function createReviewService({ database, visibility, anonymity }: Deps): ReviewService {
  /** What students write about themselves. */
  const withoutNames = async <Item extends ReviewItem>(actor: Actor, items: Item[]): Promise<Item[]> => {
    const asked = items.filter(({ request }) => request !== null);
    const screens = await anonymity.screens(
      actor,
      asked.map(({ assessmentId }) => assessmentId),
    );
    return items.map((item) => {
      const screen = screens.get(item.assessmentId);
      return screen && item.request ? { ...item, request: { ...item.request, message: screen.text(item.request.message) } } : item;
    });
  };
  const mayManage = async (actor: Actor, assessmentId: string | undefined) => {
    if (assessmentId !== undefined) await visibility.assessment(actor, assessmentId, 'manage');
  };
  return {
    list: async (actor, { reason, ...query }) => {
      await mayManage(actor, query.assessmentId);
      const page = await database.reviews.list(actor, { ...query, ...(reason === undefined ? {} : { reasons: [reason] }) });
      return { ...page, items: await withoutNames(actor, page.items) };
    },
    claim: async (actor, id, { count, ...body }) => {
      await mayManage(actor, body.assessmentId);
      return withoutNames(actor, await database.reviews.claim(actor, { ...body, count, ids: idsUnder(id, count), holdMs: claimHoldMs }));
    },
    renew: (actor, id) => database.reviews.renew(actor.userId, id, claimHoldMs),
    release: (actor, id) => database.reviews.release(actor.userId, id),
  };
}
