import { z } from 'zod';
import { Id, Timestamp } from '../ids.ts';

export const PresenceQuery = z.object({
  /** Up to 100 ids, with commas between them. */
  userIds: z
    .string()
    .max(4_000)
    .transform((list) => [...new Set(list.split(',').filter(Boolean))])
    .pipe(z.array(Id).max(100)),
});

export const PresenceList = z.object({
  items: z.array(
    z.object({
      userId: Id,
      /** Seen within the last 75 seconds. */
      online: z.boolean(),
      /** Null when not within the last 30 days. */
      lastSeenAt: Timestamp.nullable(),
    }),
  ),
});
export type PresenceList = z.infer<typeof PresenceList>;

export const TrayBody = z.strictObject({ submissionIds: z.array(Id).max(500) });

/** The submissions that a person has picked, in their order. */
export const TrayView = z.object({
  submissionIds: z.array(Id),
  /** A week after it was filled; null when it is empty. */
  expiresAt: Timestamp.nullable(),
});
export type TrayView = z.infer<typeof TrayView>;
