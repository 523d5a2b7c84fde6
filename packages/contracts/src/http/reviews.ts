import { z } from 'zod';
import { Confidence } from '../domain.ts';
import { Id, Timestamp } from '../ids.ts';
import { ReviewReason } from '../result.ts';
import { PageQuery } from './paging.ts';
import { Person } from './submissions.ts';

const item = {
  submissionId: Id,
  questionId: Id,
  assessmentId: Id,
  number: z.string(),
  /** A neutral one while names are hidden. */
  label: z.string().nullable(),
  /** What a student has asked for, where REGRADE_REQUESTED is among the reasons. */
  request: z.object({ id: Id, message: z.string() }).nullable(),
  reasons: z.array(ReviewReason),
  score: z.number(),
  maxScore: z.number(),
  confidence: Confidence,
  /** When the result that needs a person came to be. */
  since: Timestamp,
  claimedBy: Person.nullable(),
};

/** One question of one submission that needs a person. */
export const ReviewItem = z.object(item).meta({ id: 'ReviewItem' });
export type ReviewItem = z.infer<typeof ReviewItem>;

export const ReviewList = z.object({ items: z.array(ReviewItem), nextCursor: z.string().nullable(), total: z.number().int() });

export const ReviewListQuery = PageQuery.extend({
  assessmentId: Id.optional(),
  questionId: Id.optional(),
  reason: ReviewReason.optional(),
});
export type ReviewListQuery = z.infer<typeof ReviewListQuery>;

export const ClaimBody = z.strictObject({
  assessmentId: Id.optional(),
  questionId: Id.optional(),
  /** Any of these. */
  reasons: z.array(ReviewReason).max(20).optional(),
  /** How many to hold at once, to have the next at hand while the first is decided. */
  count: z.number().int().min(1).max(3).default(1),
});
export type ClaimBody = z.infer<typeof ClaimBody>;

/** An item that one holds until `claimExpiresAt`. */
export const ReviewClaim = z.object({ id: Id, ...item, claimExpiresAt: Timestamp }).meta({ id: 'ReviewClaim' });
export type ReviewClaim = z.infer<typeof ReviewClaim>;

/** The first of those that were claimed, and all of them in `items`. */
export const ClaimAnswer = z.object({ ...ReviewClaim.shape, items: z.array(ReviewClaim) });
export const RenewAnswer = z.object({ id: Id, claimExpiresAt: Timestamp });
