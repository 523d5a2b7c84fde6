import { uuidv7 } from 'uuidv7';
import type { Prisma } from '../generated/client.ts';
import { putOnRecord } from '../put-on-record.ts';

/** All that is done to people and courses. */
export type AdminAction =
  | 'user.invited'
  | 'user.invited_again'
  | 'user.changed'
  | 'user.removed'
  | 'course.created'
  | 'course.renamed'
  | 'course.removed'
  | 'course.teachers_set'
  | 'course.students_added'
  | 'course.student_removed';

/** Puts it on record, within the transaction that does it: `data` holds ids, roles and figures, no names. The same `id` again is the same event. */
export async function auditAdmin(
  tx: Prisma.TransactionClient,
  {
    id = uuidv7(),
    by,
    data = {},
    ...event
  }: {
    id?: string;
    institutionId: string;
    by: string;
    action: AdminAction;
    /** A person or a course, as the action says. */
    subjectId: string;
    data?: Record<string, string | number | string[] | null>;
  },
): Promise<void> {
  const subjectType = event.action.split('.')[0] ?? '';
  await putOnRecord(tx, { id, actorId: by, subjectType, data, ...event }, { once: true });
}
