import type { GraderKind, PageReading, QuestionResult, UnassignedText } from '@gradeflow/contracts';
import { ConflictError } from '@gradeflow/errors';
import { Prisma, type PrismaClient } from '../generated/client.ts';
import { storableJson } from '../storable.ts';
import { notFound } from '../to-app-error.ts';
import { noteCorrectedAnswers } from './corrections.ts';
import { type CurrentGrading, type CurrentResult, findCurrentGradings, listCurrentRows, toCurrentResult } from './current-results.ts';
import { type DecisionOutcome, type NewDecision, saveDecision } from './decisions.ts';
import { auditMark } from './mark-audit.ts';
import { replacePages } from './pages.ts';
import { projectMachineGrading, projectTotals } from './question-results.ts';
import { keepPromised, listPromised } from './regrade-review.ts';
import { ofAssessment, type SubmissionRow, selectSubmissions, toSubmission } from './submission-rows.ts';
import type { Submission } from './submissions.ts';

export interface Grading {
  id: string;
  submissionId: string;
  run: number;
  grader: GraderKind;
  by: { id: string; name: string } | null;
  rubricVersion: number;
  score: number;
  maxScore: number;
  questions: QuestionResult[];
  unassigned: UnassignedText[];
  /** Set on a person's decision, which is about one question; null on a machine's grading. */
  questionId: string | null;
  /** The grading that counted for that question before; of decisions alone. */
  previousId: string | null;
  /** The grading that a decision went back to. */
  revertedTo: string | null;
  /** The decision over many sheets that it was a part of. */
  batchId: string | null;
  createdAt: Date;
}

export interface GradingRepository {
  /**
   * The last write of grade-submission, one transaction: page rows (unnest, replaced), the grading row (unique by submission, run, grader), submission status and cause.
   * Throws ConflictError FENCED when `fence` is not the row's current one. Returns the id of the grading that counts (the earlier one when this run is already graded).
   */
  saveMachineGrading(input: {
    submissionId: string;
    run: number;
    fence: number;
    pages: PageReading[];
    status: 'GRADED' | 'NEEDS_REVIEW';
    waitingCause: string | null;
    /** The grading holds only the questions that were graded again after a correction; the others stay, and its sums become those of the whole sheet. */
    isPart?: boolean;
    /** Null when there are no questions to grade. */
    grading: Pick<Grading, 'id' | 'grader' | 'rubricVersion' | 'score' | 'maxScore' | 'questions' | 'unassigned'> | null;
  }): Promise<{ gradingId: string | null }>;
  /**
   * A person's decision: the grading row, the current result, the submission's sums and status, an audit event, in one transaction. The submission is locked, so decisions
   * about one sheet follow one another. Throws NotFoundError when submission or question has no result yet, ConflictError DECISION_CONFLICT (see `basedOn`; its member `current` is the grading that counts), ConflictError
   * SUBMISSION_BUSY while it is being graded.
   */
  saveDecision(decision: NewDecision): Promise<DecisionOutcome>;
  /** What counts for each question now, in the order of the rubric. */
  listCurrent(submissionId: string): Promise<CurrentResult[]>;
  findCurrentResult(submissionId: string, questionId: string): Promise<CurrentResult | null>;
  /** All that counts now; null before the first grading. */
  findCurrent(submissionId: string): Promise<CurrentGrading | null>;
  find(id: string): Promise<Grading | null>;
  /** Newest first. */
  list(submissionId: string): Promise<Grading[]>;
  /** Gradings nobody has been told of yet, older than `olderThanMs`. */
  listUnannounced(olderThanMs: number, limit: number): Promise<string[]>;
  /** Current gradings of an assessment with their submissions, for reports; ordered by label, then createdAt. */
  listForAssessment(assessmentId: string, studentId?: string): Promise<Array<{ submission: Submission; grading: CurrentGrading | null }>>;
}

type MachineGrading = Parameters<GradingRepository['saveMachineGrading']>[0];
const withPerson = { include: { by: { select: { id: true, name: true } } } } as const;
type Row = Prisma.GradingGetPayload<typeof withPerson>;

export function createGradingRepository(prisma: PrismaClient): GradingRepository {
  return {
    saveMachineGrading: (input) =>
      prisma.$transaction(async (tx) => {
        const submission = await lockForWriting(tx, input);
        const earlier = await tx.grading.findFirst({
          where: { submissionId: input.submissionId, run: input.run, grader: { not: 'human' } },
          select: { id: true },
        });
        if (earlier) return { gradingId: earlier.id };
        await replacePages(tx, input.submissionId, input.pages);
        const { status, waitingCause } = input.grading ? await writeGrading(tx, input, input.grading, submission) : input;
        await tx.submission.update({
          where: { id: input.submissionId },
          data: { status, waitingCause, reasonCode: null, reasonDetail: null, regradeOnly: [] },
        });
        await completeStages(tx, input.submissionId, input.pages.length);
        return { gradingId: input.grading?.id ?? null };
      }),

    saveDecision: (decision) => prisma.$transaction((tx) => saveDecision(tx, decision)),

    listCurrent: async (submissionId) => (await listCurrentRows(prisma, [submissionId])).map(toCurrentResult),

    async findCurrentResult(submissionId, questionId) {
      const [row] = await listCurrentRows(prisma, [submissionId], questionId);
      return row ? toCurrentResult(row) : null;
    },

    findCurrent: async (submissionId) => (await findCurrentGradings(prisma, [submissionId])).get(submissionId) ?? null,

    async find(id) {
      const row = await prisma.grading.findUnique({ where: { id }, ...withPerson });
      return row && toGrading(row);
    },

    async list(submissionId) {
      const orderBy = [{ createdAt: 'desc' }, { id: 'desc' }] satisfies Prisma.GradingOrderByWithRelationInput[];
      return (await prisma.grading.findMany({ where: { submissionId }, orderBy, ...withPerson })).map(toGrading);
    },

    async listUnannounced(olderThanMs, limit) {
      const rows = await prisma.grading.findMany({
        where: { announcedAt: null, createdAt: { lt: new Date(Date.now() - olderThanMs) }, submission: { deletedAt: null } },
        orderBy: { createdAt: 'asc' },
        take: limit,
        select: { id: true },
      });
      return rows.map(({ id }) => id);
    },

    async listForAssessment(assessmentId, studentId) {
      const ofStudent = studentId === undefined ? Prisma.empty : Prisma.sql`AND submission.student_id = ${studentId}::uuid`;
      const submissions = await prisma.$queryRaw<SubmissionRow[]>`
        ${selectSubmissions()} ${ofAssessment(assessmentId)} ${ofStudent}
        ORDER BY submission.label, submission.created_at, submission.id`;
      const gradings = await findCurrentGradings(
        prisma,
        submissions.map(({ id }) => id),
      );
      return submissions.map((row) => ({ submission: toSubmission(row), grading: gradings.get(row.id) ?? null }));
    },
  };
}

interface LockedSubmission {
  run: number;
  fence: number;
  deleted: boolean;
  assessmentId: string;
  institutionId: string;
  /** Before this grading; null when it is the first. */
  score: number | null;
}

/** The row, what counts now, its entry in the record, and the status that follows: questions that a person has decided need no further review. */
async function writeGrading(
  tx: Prisma.TransactionClient,
  input: MachineGrading,
  grading: NonNullable<MachineGrading['grading']>,
  { assessmentId, institutionId, score: from }: LockedSubmission,
) {
  const { submissionId } = input;
  await tx.grading.create({ data: toRow(input, grading) });
  const { questions } = grading;
  const promised = await listPromised(tx, submissionId);
  await projectMachineGrading(tx, { submissionId, assessmentId, gradingId: grading.id, questions, isPart: input.isPart === true });
  await keepPromised(tx, submissionId, promised);
  await noteCorrectedAnswers(tx, submissionId, questions);
  const { reviews, score, maxScore } = await projectTotals(tx, submissionId);
  if (input.isPart) await tx.grading.update({ where: { id: grading.id }, data: { score, maxScore }, select: { id: true } });
  const { id: gradingId, grader, rubricVersion } = grading;
  await auditMark(tx, {
    ...{ submissionId, assessmentId, institutionId, by: null, action: 'grading.made' },
    data: { gradingId, run: input.run, grader, rubricVersion, from, to: score },
  });
  return reviews === 0
    ? ({ status: 'GRADED', waitingCause: null } as const)
    : ({ status: 'NEEDS_REVIEW', waitingCause: 'REVIEW' } as const);
}

/**
 * With the status, so that nobody sees a finished sheet that is still being graded; the worker's own report, which follows, has the last word on the times. What is
 * graded has been read and recorded as well: where Postgres was away when those steps reported, this is the last chance to say so. That the originals are stored
 * only the step that stores them can say.
 */
async function completeStages(tx: Prisma.TransactionClient, submissionId: string, pages: number): Promise<void> {
  await tx.$executeRaw`
    UPDATE submission_stage SET status = 'COMPLETED', since = clock_timestamp(), finished_at = clock_timestamp(), reason = NULL
    WHERE submission_id = ${submissionId}::uuid AND name = 'grade' AND status = 'ACTIVE'`;
  await tx.$executeRaw`
    INSERT INTO submission_stage AS stage (submission_id, name, status, since, finished_at, pages_total, pages_done)
    VALUES (${submissionId}::uuid, 'extract', 'COMPLETED', clock_timestamp(), clock_timestamp(), ${pages}::int, ${pages}::int),
      (${submissionId}::uuid, 'record', 'COMPLETED', clock_timestamp(), clock_timestamp(), 0, 0)
    ON CONFLICT (submission_id, name) DO UPDATE SET status = 'COMPLETED', since = EXCLUDED.since, finished_at = EXCLUDED.finished_at, reason = NULL,
      pages_total = GREATEST(stage.pages_total, EXCLUDED.pages_total), pages_done = GREATEST(stage.pages_done, EXCLUDED.pages_done)
    WHERE stage.status <> 'COMPLETED' OR stage.pages_done < EXCLUDED.pages_done`;
}

/** Holds the submission's row until the transaction ends, so that of two workers with the same sheet one waits and then sees that it is too late. */
async function lockForWriting(tx: Prisma.TransactionClient, { submissionId, run, fence }: MachineGrading): Promise<LockedSubmission> {
  const [row] = await tx.$queryRaw<LockedSubmission[]>`
    SELECT run, fence, assessment_id AS "assessmentId", institution_id AS "institutionId", score, deleted_at IS NOT NULL AS deleted
    FROM submission WHERE id = ${submissionId}::uuid FOR UPDATE`;
  if (!row) throw notFound('submission');
  if (row.deleted) throw new ConflictError({ code: 'SUBMISSION_DELETED', detail: 'The submission was deleted.' });
  if (row.fence !== fence || row.run !== run) {
    throw new ConflictError({ code: 'FENCED', detail: 'Somebody else has taken this submission over.' });
  }
  return row;
}

function toRow({ submissionId, run }: MachineGrading, grading: NonNullable<MachineGrading['grading']>) {
  const { id, grader, rubricVersion, score, maxScore, questions, unassigned } = grading;
  return {
    ...{ id, submissionId, run, grader, rubricVersion, score, maxScore },
    minConfidence: questions.length === 0 ? null : Math.min(...questions.map((question) => question.confidence)),
    reviews: questions.filter((question) => question.needsReview).length,
    questions: JSON.parse(storableJson(questions)) as Prisma.InputJsonValue,
    unassigned: JSON.parse(storableJson(unassigned)) as Prisma.InputJsonValue,
  };
}

export function toGrading(row: Row): Grading {
  const { id, submissionId, run, grader, by, rubricVersion, score, maxScore, questionId, previousId, revertedTo, batchId, createdAt } = row;
  const questions = row.questions as unknown as QuestionResult[];
  const unassigned = row.unassigned as unknown as UnassignedText[];
  const decision = { questionId, previousId, revertedTo, batchId };
  return { id, submissionId, run, grader, by, rubricVersion, score, maxScore, questions, unassigned, ...decision, createdAt };
}
