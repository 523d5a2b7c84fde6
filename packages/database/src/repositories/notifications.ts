import type { NotificationEvent } from '@gradeflow/contracts';
import { decodeTimeCursor, encodeCursor, type Page, toPage } from '../cursor.ts';
import type { Prisma, PrismaClient } from '../generated/client.ts';
import { gradedEvent } from '../notice-texts.ts';
import { storableText } from '../storable.ts';

export interface Notification {
  id: string;
  userId: string;
  event: NotificationEvent;
  subjectType: string;
  subjectId: string;
  text: string;
  createdAt: Date;
  readAt: Date | null;
}

export interface NotificationRepository {
  /** One transaction: notices (unique by user, event, subject, grading: repeated ones are ignored, and so are results that a release has told of already) and the grading marked as announced. */
  announce(gradingId: string, notices: Array<Omit<Notification, 'createdAt' | 'readAt'>>): Promise<number>;
  list(userId: string, query: { limit: number; cursor?: string | undefined }): Promise<Page<Notification> & { unread: number }>;
  markRead(userId: string, which: { ids: string[] } | 'all'): Promise<void>;
}

type Row = Prisma.NotificationGetPayload<object>;

export function createNotificationRepository(prisma: PrismaClient): NotificationRepository {
  return {
    announce: (gradingId, notices) =>
      prisma.$transaction(async (tx) => {
        await tx.grading.update({ where: { id: gradingId }, data: { announcedAt: new Date() }, select: { id: true } });
        const released = new Set(await listToldByRelease(tx, gradingId));
        const data = notices
          .filter(({ userId, event }) => event !== gradedEvent || !released.has(userId))
          .map(({ id, userId, event, subjectType, subjectId, text }) => ({
            ...{ id, userId, event, subjectType, subjectId, gradingId },
            text: storableText(text),
          }));
        return (await tx.notification.createMany({ data, skipDuplicates: true })).count;
      }),

    async list(userId, { limit, cursor }) {
      const after = cursor === undefined ? undefined : decodeTimeCursor('notifications', cursor);
      const beyond = after ? { OR: [{ createdAt: { lt: after.at } }, { createdAt: after.at, id: { lt: after.id } }] } : {};
      const [rows, unread] = await Promise.all([
        prisma.notification.findMany({ where: { userId, ...beyond }, orderBy: [{ createdAt: 'desc' }, { id: 'desc' }], take: limit + 1 }),
        prisma.notification.count({ where: { userId, readAt: null } }),
      ]);
      const page = toPage(rows, limit, ({ createdAt, id }) => encodeCursor('notifications', { key: createdAt.toISOString(), id }));
      return { items: page.items.map(toNotification), nextCursor: page.nextCursor, unread };
    },

    async markRead(userId, which) {
      const ids = which === 'all' ? {} : { id: { in: which.ids } };
      await prisma.notification.updateMany({ where: { userId, readAt: null, ...ids }, data: { readAt: new Date() } });
    },
  };
}

/** Who was told by a release since the grading was there: the release has told of it. */
async function listToldByRelease(tx: Prisma.TransactionClient, gradingId: string): Promise<string[]> {
  const rows = await tx.$queryRaw<Array<{ userId: string }>>`
    SELECT notification.user_id AS "userId" FROM notification JOIN grading ON grading.submission_id = notification.subject_id
    WHERE grading.id = ${gradingId}::uuid AND notification.event = ${gradedEvent} AND notification.grading_id IS NULL AND notification.created_at >= grading.created_at`;
  return rows.map(({ userId }) => userId);
}

function toNotification({ id, userId, event, subjectType, subjectId, text, createdAt, readAt }: Row): Notification {
  return { id, userId, event: event as NotificationEvent, subjectType, subjectId, text, createdAt, readAt };
}
