import type { RegradeRequestStatus } from '@gradeflow/contracts';
import { ConflictError } from '@gradeflow/errors';
import type { Actor } from '../access.ts';
import { namesAreHidden, neutralNameSql } from '../anonymity.ts';
import { decodeTimeCursor, encodeCursor, type Page, toPage } from '../cursor.ts';
import { Prisma, type PrismaClient } from '../generated/client.ts';
import { storableText } from '../storable.ts';
import { notFound, toAppError } from '../to-app-error.ts';
import { insertNotices, insertRegradeAudit } from './regrade-notices.ts';
import { openForRegrade } from './regrade-review.ts';
import { managedBy } from './review-rows.ts';

export interface RegradeRequest {
  id: string;
  status: RegradeRequestStatus;
  submissionId: string;
  assessmentId: string;
  questionId: string;
  /** Null when the sheet has no result for the question any more. */
  number: string | null;
  /** Neutral for others than the student while names are hidden. */
  label: string | null;
  /** Null for others while names are hidden. */
  student: { id: string; name: string } | null;
  message: string;
  reply: string | null;
  answeredBy: { id: string; name: string } | null;
  createdAt: Date;
  answeredAt: Date | null;
}

export interface RegradeRequestRepository {
  /**
   * The request, notices to those who manage the assessment and an audit event, in one transaction. Throws NotFoundError QUESTION_NOT_FOUND when the sheet has no result for the
   * question, ConflictError REGRADE_ALREADY_REQUESTED while one is open, REGRADE_LIMIT_REACHED after `maxPerQuestion`.
   */
  insert(request: { id: string; submissionId: string; questionId: string; studentId: string; message: string }): Promise<void>;
  /** Students their own, others those of the assessments that they manage; newest first. */
  list(
    actor: Actor,
    query: { status?: RegradeRequestStatus | undefined; assessmentId?: string | undefined; limit: number; cursor?: string | undefined },
  ): Promise<Page<RegradeRequest>>;
  /** As the actor sees it; null when there is none that they may see. */
  find(actor: Actor, id: string): Promise<RegradeRequest | null>;
  /** Of which sheet it is, for whoever judges who may; null when there is none. */
  findSubmission(id: string): Promise<string | null>;
  /**
   * Once: the answer, a notice to the student, an audit event and, when it is accepted, the question opened for review with its mark as it is, in one transaction.
   * Throws ConflictError REGRADE_ALREADY_ANSWERED, SUBMISSION_BUSY when it is accepted while the sheet is being graded, NotFoundError QUESTION_NOT_FOUND when it is accepted and the
   * sheet has no result for the question any more.
   */
  answer(input: { id: string; by: string; status: 'ACCEPTED' | 'REJECTED'; reply: string }): Promise<void>;
}

/** Enough for an honest misunderstanding. */
const maxPerQuestion = 5;

export function createRegradeRequestRepository(prisma: PrismaClient): RegradeRequestRepository {
  const select = async (actor: Actor, rest: Prisma.Sql) =>
    (await prisma.$queryRaw<Row[]>`${selectRequests(actor)} WHERE ${visibleTo(actor)} ${rest}`).map(toRequest);
  return {
    insert: (request) =>
      prisma.$transaction(async (tx) => {
        const { id, submissionId, questionId, studentId, message } = request;
        const results = await tx.questionResult.count({ where: { submissionId, questionId } });
        if (results === 0) throw notFound('question');
        const earlier = await tx.regradeRequest.count({ where: { submissionId, questionId } });
        if (earlier >= maxPerQuestion)
          throw new ConflictError({ code: 'REGRADE_LIMIT_REACHED', detail: `A question can be looked at again ${maxPerQuestion} times.` });
        await tx.regradeRequest
          .create({ data: { id, submissionId, questionId, studentId, message: storableText(message) } })
          .catch((error: unknown) => {
            throw refuseSecond(error);
          });
        await insertRegradeAudit(tx, id, studentId, 'regrade.requested');
        await insertNotices(tx, id, 'regrade.requested');
      }),

    async list(actor, { status, assessmentId, limit, cursor }) {
      const after = cursor === undefined ? undefined : decodeTimeCursor('regrade-requests', cursor);
      const rows = await select(
        actor,
        Prisma.sql`${status === undefined ? Prisma.empty : Prisma.sql`AND request.status = ${status}::regrade_request_status`}
          ${assessmentId === undefined ? Prisma.empty : Prisma.sql`AND submission.assessment_id = ${assessmentId}::uuid`}
          ${after === undefined ? Prisma.empty : Prisma.sql`AND (request.created_at, request.id) < (${after.at}::timestamptz, ${after.id}::uuid)`}
          ORDER BY request.created_at DESC, request.id DESC LIMIT ${limit + 1}`,
      );
      return toPage(rows, limit, ({ createdAt, id }) => encodeCursor('regrade-requests', { key: createdAt.toISOString(), id }));
    },

    find: async (actor, id) => (await select(actor, Prisma.sql`AND request.id = ${id}::uuid`))[0] ?? null,

    findSubmission: async (id) =>
      (await prisma.regradeRequest.findUnique({ where: { id }, select: { submissionId: true } }))?.submissionId ?? null,

    answer: ({ id, by, status, reply }) =>
      prisma.$transaction(async (tx) => {
        const request = await tx.regradeRequest.findUnique({ where: { id }, select: { submissionId: true, questionId: true } });
        if (!request) throw notFound('regrade_request');
        const data = { status, reply: storableText(reply), answeredBy: by, answeredAt: new Date() };
        const { count } = await tx.regradeRequest.updateMany({ where: { id, status: 'OPEN' }, data });
        if (count === 0) throw new ConflictError({ code: 'REGRADE_ALREADY_ANSWERED', detail: 'This request has been answered already.' });
        if (status === 'ACCEPTED') await openForRegrade(tx, request);
        await insertRegradeAudit(tx, id, by, status === 'ACCEPTED' ? 'regrade.accepted' : 'regrade.rejected');
        await insertNotices(tx, id, 'regrade.answered');
      }),
  };
}

interface Row extends Omit<RegradeRequest, 'student' | 'answeredBy'> {
  studentId: string | null;
  studentName: string | null;
  answeredById: string | null;
  answeredByName: string | null;
}

function selectRequests({ role }: Actor): Prisma.Sql {
  const isHidden = role === 'STUDENT' ? Prisma.sql`false` : namesAreHidden;
  return Prisma.sql`
    SELECT request.id, request.status::text AS status, request.submission_id AS "submissionId", submission.assessment_id AS "assessmentId",
      request.question_id AS "questionId", current.result ->> 'number' AS number,
      CASE WHEN ${isHidden} THEN ${neutralNameSql} ELSE submission.label END AS label,
      CASE WHEN ${isHidden} THEN NULL ELSE student.id END AS "studentId", student.name AS "studentName",
      request.message, request.reply, answerer.id AS "answeredById", answerer.name AS "answeredByName",
      request.created_at AS "createdAt", request.answered_at AS "answeredAt"
    FROM regrade_request AS request
    JOIN submission ON submission.id = request.submission_id AND submission.deleted_at IS NULL
    JOIN assessment ON assessment.id = submission.assessment_id AND assessment.deleted_at IS NULL AND assessment.institution_id = submission.institution_id
    LEFT JOIN question_result AS current ON current.submission_id = request.submission_id AND current.question_id = request.question_id
    LEFT JOIN "user" AS student ON student.id = request.student_id
    LEFT JOIN "user" AS answerer ON answerer.id = request.answered_by`;
}

/** Agrees with the gateway's `visibility` of submissions; a sheet that was given to somebody else takes its requests along. */
function visibleTo(actor: Actor): Prisma.Sql {
  const own = Prisma.sql`request.student_id = ${actor.userId}::uuid AND COALESCE(submission.student_id, submission.created_by) = ${actor.userId}::uuid`;
  return Prisma.sql`assessment.institution_id = ${actor.institutionId}::uuid AND ${actor.role === 'STUDENT' ? own : managedBy(actor)}`;
}

function toRequest({ studentId, studentName, answeredById, answeredByName, ...row }: Row): RegradeRequest {
  return {
    ...row,
    student: studentId === null ? null : { id: studentId, name: studentName ?? '' },
    answeredBy: answeredById === null ? null : { id: answeredById, name: answeredByName ?? '' },
  };
}

/** The partial index over open requests decides, also between two at once. */
function refuseSecond(error: unknown): unknown {
  const known = toAppError(error, 'regrade_request');
  if (!(known instanceof ConflictError) || known.code !== 'ALREADY_EXISTS') return error;
  return new ConflictError({ code: 'REGRADE_ALREADY_REQUESTED', detail: 'A request about this question is open already.', cause: error });
}
