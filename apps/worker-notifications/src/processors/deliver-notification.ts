import type { deliverNotification } from '@gradeflow/contracts';
import type { Assessment, CurrentGrading, Database, Submission } from '@gradeflow/database';
import { NotFoundError } from '@gradeflow/errors';
import type { Processor } from '@gradeflow/queue';
import { uuidv7 } from 'uuidv7';
import { eventOf, type Recipient, recipientsOf, textOf } from '../notice.ts';

type Data = Pick<Database, 'gradings' | 'submissions' | 'assessments' | 'users' | 'notifications'>;

/**
 * Writes the in-app notices of one grading and marks it as announced, in one transaction: each notice is there once, however often this runs. A grading
 * that a later one replaced, or whose sheet or assessment was deleted, is marked without telling anybody.
 * Throws NotFoundError GRADING_MISSING.
 */
export function createDeliverNotification({ database }: { database: Data }): Processor<typeof deliverNotification> {
  return async ({ payload: { gradingId } }) => {
    const grading = await database.gradings.find(gradingId);
    if (!grading) throw new NotFoundError({ code: 'GRADING_MISSING', detail: 'There is no such grading.' });
    const [submission, current] = await Promise.all([
      database.submissions.find(grading.submissionId),
      database.gradings.findCurrent(grading.submissionId),
    ]);
    const assessment = submission && (await database.assessments.find(submission.assessmentId));
    const notices =
      submission && assessment && current && current.createdAt <= grading.createdAt
        ? await writeNotices(database, { grading: current, submission, assessment })
        : [];
    return { delivered: await database.notifications.announce(gradingId, notices) };
  };
}

async function writeNotices(database: Data, told: { grading: CurrentGrading; submission: Submission; assessment: Assessment }) {
  const { grading, submission, assessment } = told;
  const event = eventOf(submission, grading);
  const people = [submission.createdBy, submission.studentId, event === 'submission.needs_review' ? assessment.createdBy : null];
  const users = await Promise.all(people.map((id) => (id === null ? null : database.users.find(id))));
  const concerned = users.filter((user): user is NonNullable<typeof user> => user !== null) satisfies Recipient[];
  return recipientsOf(event, assessment, submission, concerned).map((recipient) => ({
    id: uuidv7(),
    userId: recipient.id,
    event,
    subjectType: 'submission',
    subjectId: submission.id,
    text: textOf(event, told, recipient),
  }));
}
