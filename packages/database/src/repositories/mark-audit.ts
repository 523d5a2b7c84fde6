import { uuidv7 } from 'uuidv7';
import type { Prisma } from '../generated/client.ts';
import { putOnRecord } from '../put-on-record.ts';

/** All that changes a mark. */
export type MarkAction = 'grading.made' | 'decision.made' | 'decision.reverted' | 'decision.spread' | 'decision.undone';

/** Puts a change of a submission's marks on record, within the transaction that makes it: `data` holds ids and figures, no text. */
export async function auditMark(
  tx: Prisma.TransactionClient,
  change: {
    submissionId: string;
    assessmentId: string;
    institutionId: string;
    /** Null: the machine. */
    by: string | null;
    action: MarkAction;
    data: Record<string, string | number | null>;
  },
): Promise<void> {
  const { submissionId, assessmentId, institutionId, by, action, data } = change;
  const subject = { subjectType: 'submission', subjectId: submissionId, assessmentId };
  await putOnRecord(tx, { id: uuidv7(), institutionId, actorId: by, action, ...subject, data });
}
