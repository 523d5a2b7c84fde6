import type { NotificationView } from '@gradeflow/contracts';
import type { Notification } from '@gradeflow/database';
import type { z } from 'zod';

/** A notice as its reader sees it. */
export function presentNotification(notice: Notification): z.infer<typeof NotificationView> {
  return {
    id: notice.id,
    event: notice.event,
    subject: { type: notice.subjectType, id: notice.subjectId },
    text: notice.text,
    createdAt: notice.createdAt.toISOString(),
    readAt: notice.readAt?.toISOString() ?? null,
  };
}
