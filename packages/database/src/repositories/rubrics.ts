import type { GraderKind, Question, QuestionResult } from '@gradeflow/contracts';
import { Prisma, type PrismaClient } from '../generated/client.ts';
import { putOnRecord } from '../put-on-record.ts';
import { ofAssessment } from './submission-rows.ts';

/** A version of an assessment's questions. */
export interface RubricVersion {
  version: number;
  questions: Question[];
  createdAt: Date;
  /** Null: that person is no longer known. */
  createdBy: { id: string; name: string } | null;
}

/** What counts now for one question of one submission, without its contents. */
export interface ResultHead {
  submissionId: string;
  questionId: string;
  /** Of the machine's latest grading, which the next one goes on from; null when no machine has graded the question. */
  rubricVersion: number | null;
  grader: GraderKind | null;
  score: number;
  maxScore: number;
  /** A person's decision counts. */
  isDecided: boolean;
}

export interface RubricRepository {
  /** Newest first. */
  listVersions(assessmentId: string): Promise<RubricVersion[]>;
  findVersion(assessmentId: string, version: number): Promise<RubricVersion | null>;
  /** Every current result of an assessment, a submission's together. */
  listResultHeads(assessmentId: string): Promise<ResultHead[]>;
  /** Current results of these questions of these submissions. */
  listResults(submissionIds: string[], questionIds: string[]): Promise<Array<{ submissionId: string; result: QuestionResult }>>;
  /**
   * The next run, of grading alone, of these submissions of the assessment (null: of all) that have been graded and are not being graded now, in one transaction.
   * Gives those that it has begun; each has to be enqueued (the reconciler does what is forgotten). `event` is put on record with it, as `assessment.evaluated`.
   */
  regradeMany(
    assessmentId: string,
    submissionIds: string[] | null,
    event: { id: string; by: string },
  ): Promise<Array<{ id: string; run: number }>>;
}

interface VersionRow {
  version: number;
  createdAt: Date;
  createdById: string;
  createdByName: string | null;
  questions: unknown;
}

/** Versions of an assessment's questions, and what counts now as far as an edit of them needs it. */
export function createRubricRepository(prisma: PrismaClient): RubricRepository {
  const select = (assessmentId: string, rest: Prisma.Sql) => prisma.$queryRaw<VersionRow[]>`
    SELECT rubric.version, rubric.created_at AS "createdAt", rubric.created_by AS "createdById", person.name AS "createdByName", rubric.questions
    FROM rubric_version AS rubric LEFT JOIN "user" AS person ON person.id = rubric.created_by
    WHERE rubric.assessment_id = ${assessmentId}::uuid ${rest}`;
  return {
    listVersions: async (assessmentId) => (await select(assessmentId, Prisma.sql`ORDER BY rubric.version DESC`)).map(toVersion),

    async findVersion(assessmentId, version) {
      const [row] = await select(assessmentId, Prisma.sql`AND rubric.version = ${version}`);
      return row ? toVersion(row) : null;
    },

    async listResultHeads(assessmentId) {
      return prisma.$queryRaw<ResultHead[]>`
        SELECT current.submission_id AS "submissionId", current.question_id AS "questionId", machine.rubric_version AS "rubricVersion", machine.grader::text AS grader,
          current.score, current.max_score AS "maxScore", current.decided_by IS NOT NULL AS "isDecided"
        FROM question_result AS current JOIN submission ON submission.id = current.submission_id
        LEFT JOIN grading AS machine ON machine.id = current.machine_grading_id
        WHERE ${ofAssessment(assessmentId)} ORDER BY submission.created_at, submission.id, current.position`;
    },

    async listResults(submissionIds, questionIds) {
      const rows = await prisma.$queryRaw<Array<{ submissionId: string; result: unknown }>>`
        SELECT submission_id AS "submissionId", result FROM question_result
        WHERE submission_id = ANY (${submissionIds}::uuid[]) AND question_id = ANY (${questionIds}::uuid[])`;
      return rows.map(({ submissionId, result }) => ({ submissionId, result: result as QuestionResult }));
    },

    regradeMany: (assessmentId, submissionIds, event) =>
      prisma.$transaction(async (tx) => {
        const named = submissionIds === null ? Prisma.empty : Prisma.sql`AND submission.id = ANY (${submissionIds}::uuid[])`;
        // In the order of the ids, so that two who regrade the same sheets wait for each other instead of blocking each other.
        const ready = await tx.$queryRaw<Array<{ id: string }>>`
          SELECT submission.id FROM submission
          WHERE ${ofAssessment(assessmentId)} AND submission.status IN ('GRADED', 'NEEDS_REVIEW') ${named} ORDER BY submission.id FOR UPDATE`;
        const ids = ready.map(({ id }) => id);
        const started = await tx.$queryRaw<Array<{ id: string; run: number }>>`
          UPDATE submission SET run = run + 1, fence = fence + 1, status = 'PROCESSING', waiting_cause = NULL, reason_code = NULL, reason_detail = NULL, regrade_only = '{}', updated_at = now()
          WHERE id = ANY (${ids}::uuid[]) RETURNING id, run`;
        const reset = { status: 'WAITING', attempts: 0, since: new Date(0), startedAt: null, finishedAt: null, reason: null } as const;
        await tx.submissionStage.updateMany({ where: { submissionId: { in: ids }, name: 'grade' }, data: reset });
        if (started.length > 0) await auditEvaluation(tx, assessmentId, event, started.length);
        return started;
      }),
  };
}

async function auditEvaluation(
  tx: Prisma.TransactionClient,
  assessmentId: string,
  { id, by }: { id: string; by: string },
  submissions: number,
): Promise<void> {
  const { institutionId, rubricVersion } = await tx.assessment.findUniqueOrThrow({ where: { id: assessmentId } });
  const subject = { subjectType: 'assessment', subjectId: assessmentId, assessmentId };
  const data = { submissions, rubricVersion };
  await putOnRecord(tx, { id, institutionId, actorId: by, action: 'assessment.evaluated', ...subject, data });
}

function toVersion({ createdById, createdByName, questions, ...row }: VersionRow): RubricVersion {
  return {
    ...row,
    questions: questions as Question[],
    createdBy: createdByName === null ? null : { id: createdById, name: createdByName },
  };
}
