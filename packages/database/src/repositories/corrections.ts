import type { AnswerChange, QuestionResult } from '@gradeflow/contracts';
import { ConflictError } from '@gradeflow/errors';
import { uuidv7 } from 'uuidv7';
import type { Prisma, PrismaClient } from '../generated/client.ts';
import { putOnRecord } from '../put-on-record.ts';
import { storableJson, storableText } from '../storable.ts';
import { notFound } from '../to-app-error.ts';

type Tx = Prisma.TransactionClient;

/** What a person changed about the reading of one answer. */
export interface AnswerCorrection {
  id: string;
  submissionId: string;
  questionId: string;
  by: { id: string; name: string } | null;
  change: AnswerChange;
  before: string;
  /** Null until the answer is graded again. */
  after: string | null;
  createdAt: Date;
}

export interface NewCorrection {
  id: string;
  submissionId: string;
  questionId: string;
  by: string;
  change: AnswerChange;
  /** A grading of the question that the person saw. */
  basedOn?: string | undefined;
}

export interface CorrectionRepository {
  /**
   * One transaction: the correction, an audit event, and the submission's next run, which grades this question alone (with those of corrections that wait already); a run about the
   * whole sheet that is under way stays one. Throws NotFoundError when the question has no result, ConflictError NOT_GRADED_YET for a sheet that was never graded or has failed,
   * ANSWER_CONFLICT when `basedOn` does not count any more or the answer was corrected since, ANSWER_WRITTEN_OUT for words of an answer that a person has written out.
   */
  save(correction: NewCorrection): Promise<{ run: number }>;
  /** Of a submission, oldest first. */
  list(submissionId: string): Promise<AnswerCorrection[]>;
  /** The questions that the run under way is about; empty: all. */
  findScope(submissionId: string): Promise<string[]>;
}

export function createCorrectionRepository(prisma: PrismaClient): CorrectionRepository {
  return {
    save: (correction) =>
      prisma.$transaction(async (tx) => {
        const submission = await lock(tx, correction.submissionId);
        const before = await findAnswer(tx, correction);
        if (submission.status === 'FAILED') throw notGraded('The submission has failed: retry it first.');
        await refuseConflict(tx, correction, before);
        await refuseWrittenOut(tx, correction);
        const { id, submissionId, questionId, by, change } = correction;
        const stored = JSON.parse(storableJson(change)) as Prisma.InputJsonValue;
        await tx.answerCorrection.create({ data: { id, submissionId, questionId, byId: by, change: stored, before: before.text } });
        const run = await startRun(tx, submissionId, questionId);
        const kind = Object.keys(change)[0] ?? '';
        await putOnRecord(tx, {
          ...{ id: uuidv7(), institutionId: submission.institutionId, actorId: by, action: 'answer.corrected' },
          ...{ subjectType: 'submission', subjectId: submissionId, assessmentId: submission.assessmentId },
          data: { questionId, correctionId: id, kind },
        });
        return { run };
      }),

    async list(submissionId) {
      const rows = await prisma.$queryRaw<Array<Omit<AnswerCorrection, 'by'> & { byId: string; byName: string | null }>>`
        SELECT correction.id, correction.submission_id AS "submissionId", correction.question_id AS "questionId", correction.by_id AS "byId", person.name AS "byName",
          correction.change, correction.before, correction.after, correction.created_at AS "createdAt"
        FROM answer_correction AS correction LEFT JOIN "user" AS person ON person.id = correction.by_id
        WHERE correction.submission_id = ${submissionId}::uuid ORDER BY correction.created_at, correction.id`;
      return rows.map(({ byId, byName, ...row }) => ({ ...row, by: byName === null ? null : { id: byId, name: byName } }));
    },

    async findScope(submissionId) {
      const row = await prisma.submission.findUnique({ where: { id: submissionId }, select: { regradeOnly: true } });
      return row?.regradeOnly ?? [];
    },
  };
}

/** Says what the answers read now, within the transaction that writes their grading: the corrections that waited are in it. */
export async function noteCorrectedAnswers(tx: Tx, submissionId: string, questions: readonly QuestionResult[]): Promise<void> {
  await tx.$executeRaw`
    UPDATE answer_correction SET after = graded.text
    FROM unnest(${questions.map(({ questionId }) => questionId)}::uuid[], ${questions.map(({ answerText }) => storableText(answerText))}::text[]) AS graded (question_id, text)
    WHERE answer_correction.submission_id = ${submissionId}::uuid AND answer_correction.question_id = graded.question_id AND answer_correction.after IS NULL`;
}

async function lock(tx: Tx, id: string): Promise<{ status: string; assessmentId: string; institutionId: string }> {
  const [row] = await tx.$queryRaw<Array<{ status: string; assessmentId: string; institutionId: string; deleted: boolean }>>`
    SELECT status::text AS status, assessment_id AS "assessmentId", institution_id AS "institutionId", deleted_at IS NOT NULL AS deleted
    FROM submission WHERE id = ${id}::uuid FOR UPDATE`;
  if (!row || row.deleted) throw notFound('submission');
  return row;
}

interface Answer {
  text: string;
  gradingId: string;
  machineGradingId: string | null;
}

async function findAnswer(tx: Tx, { submissionId, questionId }: NewCorrection): Promise<Answer> {
  const [row] = await tx.$queryRaw<Answer[]>`
    SELECT result ->> 'answerText' AS text, grading_id AS "gradingId", machine_grading_id AS "machineGradingId"
    FROM question_result WHERE submission_id = ${submissionId}::uuid AND question_id = ${questionId}::uuid`;
  if (!row) throw notGraded('This question of the submission has not been graded yet.');
  return row;
}

/** By the clock of Postgres: a correction that a grading knows of is older than it. */
async function refuseConflict(tx: Tx, { submissionId, questionId, basedOn }: NewCorrection, answer: Answer): Promise<void> {
  if (basedOn === undefined) return;
  const counts = basedOn === answer.gradingId || basedOn === answer.machineGradingId;
  const [{ since }] = await tx.$queryRaw<[{ since: number }]>`
    SELECT count(*)::int AS since FROM answer_correction
    WHERE submission_id = ${submissionId}::uuid AND question_id = ${questionId}::uuid
      AND created_at >= (SELECT created_at FROM grading WHERE id = ${basedOn}::uuid)`;
  if (counts && since === 0) return;
  const detail = 'Somebody else has corrected or decided this answer since.';
  throw new ConflictError({ code: 'ANSWER_CONFLICT', detail, members: { current: answer.machineGradingId ?? answer.gradingId } });
}

async function refuseWrittenOut(tx: Tx, { submissionId, questionId, change }: NewCorrection): Promise<void> {
  if (!('words' in change)) return;
  const [last] = await tx.$queryRaw<Array<{ isText: boolean }>>`
    SELECT change ? 'text' AS "isText" FROM answer_correction
    WHERE submission_id = ${submissionId}::uuid AND question_id = ${questionId}::uuid AND NOT change ? 'words' ORDER BY created_at DESC, id DESC LIMIT 1`;
  if (!last?.isText) return;
  const detail = 'A person has written this answer out; correct it by its text, or assign words to it again.';
  throw new ConflictError({ code: 'ANSWER_WRITTEN_OUT', detail });
}

/** The fence too: whoever still works on the earlier run may write no more. */
async function startRun(tx: Tx, submissionId: string, questionId: string): Promise<number> {
  const [row] = await tx.$queryRaw<Array<{ run: number }>>`
    UPDATE submission SET run = run + 1, fence = fence + 1, waiting_cause = NULL, reason_code = NULL, reason_detail = NULL, updated_at = now(), status = 'PROCESSING',
      regrade_only = CASE WHEN status IN ('GRADED', 'NEEDS_REVIEW') THEN ARRAY[${questionId}::uuid]
        WHEN cardinality(regrade_only) = 0 OR ${questionId}::uuid = ANY (regrade_only) THEN regrade_only ELSE regrade_only || ${questionId}::uuid END
    WHERE id = ${submissionId}::uuid RETURNING run`;
  const reset = { status: 'WAITING', attempts: 0, since: new Date(0), startedAt: null, finishedAt: null, reason: null } as const;
  await tx.submissionStage.updateMany({ where: { submissionId, name: 'grade' }, data: reset });
  return row?.run ?? 0;
}

function notGraded(detail: string): ConflictError {
  return new ConflictError({ code: 'NOT_GRADED_YET', detail });
}
