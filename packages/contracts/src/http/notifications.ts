import { z } from 'zod';
import { Id, Timestamp } from '../ids.ts';

export const NotificationEvent = z.enum([
  'submission.graded',
  'submission.needs_review',
  'submission.failed',
  'regrade.requested',
  'regrade.answered',
]);
export type NotificationEvent = z.infer<typeof NotificationEvent>;

export const NotificationView = z
  .object({
    id: Id,
    event: NotificationEvent,
    subject: z.object({ type: z.string(), id: Id }),
    text: z.string(),
    createdAt: Timestamp,
    readAt: Timestamp.nullable(),
  })
  .meta({ id: 'Notification' });

export const NotificationList = z.object({ items: z.array(NotificationView), nextCursor: z.string().nullable(), unread: z.number().int() });
export const ReadNotificationsBody = z.union([
  z.strictObject({ ids: z.array(Id).min(1).max(100) }),
  z.strictObject({ all: z.literal(true) }),
]);
