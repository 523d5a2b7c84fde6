import type { ReviewClaim, ReviewItem } from '@gradeflow/contracts';
import type * as stored from '@gradeflow/database';

export function presentReviewItem({ since, ...item }: stored.ReviewItem): ReviewItem {
  return { ...item, since: since.toISOString() };
}

export function presentClaim({ expiresAt, ...item }: stored.ReviewClaim): ReviewClaim {
  return { ...presentReviewItem(item), id: item.id, claimExpiresAt: expiresAt.toISOString() };
}
