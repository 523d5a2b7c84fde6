import { uuidv7 } from 'uuidv7';
import { namesAreHidden, neutralNameSql } from '../anonymity.ts';
import { Prisma } from '../generated/client.ts';

type Tx = Prisma.TransactionClient;
type RegradeEvent = 'regrade.requested' | 'regrade.answered';

/** Who is told: of a request those who teach the course, else the assessment's maker; of an answer the student. */
const recipients: Record<RegradeEvent, Prisma.Sql> = {
  'regrade.requested': Prisma.sql`
    SELECT user_id FROM course_teacher WHERE course_id = assessment.course_id
    UNION SELECT assessment.created_by WHERE assessment.course_id IS NULL`,
  'regrade.answered': Prisma.sql`SELECT request.student_id`,
};

const sheetName = Prisma.sql`CASE WHEN ${namesAreHidden} THEN ${neutralNameSql} ELSE COALESCE(submission.label, submission.original_name) END`;
const questionInWords = Prisma.sql`CASE WHEN current.result IS NULL THEN 'a question' ELSE 'question ' || (current.result ->> 'number') END`;

/** One sentence, without the message: that is read where it is answered. */
const texts: Record<RegradeEvent, Prisma.Sql> = {
  'regrade.requested': Prisma.sql`'A student asks to look at ' || ${questionInWords} || ' of “' || ${sheetName} || '” in “' || assessment.title || '” again.'`,
  'regrade.answered': Prisma.sql`'Your request about ' || ${questionInWords} || ' in “' || assessment.title || '” was ' || lower(request.status::text) || '.'`,
};

const fromRequest = Prisma.sql`
  FROM regrade_request AS request
  JOIN submission ON submission.id = request.submission_id
  JOIN assessment ON assessment.id = submission.assessment_id
  LEFT JOIN question_result AS current ON current.submission_id = request.submission_id AND current.question_id = request.question_id`;

/** Notices of a request or its answer, within the transaction that writes it: hence once. */
export async function insertNotices(tx: Tx, requestId: string, event: RegradeEvent): Promise<void> {
  await tx.$executeRaw`
    INSERT INTO notification (id, user_id, event, subject_type, subject_id, text)
    SELECT gen_random_uuid(), recipient.user_id, ${event}, 'regrade-request', request.id, ${texts[event]}
    ${fromRequest} CROSS JOIN LATERAL (${recipients[event]}) AS recipient (user_id)
    WHERE request.id = ${requestId}::uuid`;
}

/** Who asked or answered, without words of either. */
export async function insertRegradeAudit(tx: Tx, requestId: string, by: string, action: string): Promise<void> {
  await tx.$executeRaw`
    INSERT INTO audit_event (id, institution_id, actor_id, action, subject_type, subject_id, assessment_id, data)
    SELECT ${uuidv7()}::uuid, submission.institution_id, ${by}::uuid, ${action}, 'submission', submission.id, assessment.id,
      jsonb_build_object('questionId', request.question_id, 'requestId', request.id)
    ${fromRequest} WHERE request.id = ${requestId}::uuid`;
}
