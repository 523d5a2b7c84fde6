import type { GraderKind, QuestionResult, UnassignedText } from '@gradeflow/contracts';
import { Prisma, type PrismaClient } from '../generated/client.ts';

/** What counts for one question of a submission now: the latest person's decision, else the latest machine's. */
export interface CurrentResult {
  submissionId: string;
  questionId: string;
  assessmentId: string;
  /** The grading that the result came from. */
  gradingId: string;
  machineGradingId: string | null;
  /** Null: the machine's result counts. */
  decidedBy: { id: string; name: string } | null;
  result: QuestionResult;
  updatedAt: Date;
}

/** All that counts of a submission now. */
export interface CurrentGrading {
  /** The newest grading that a current result came from. */
  id: string;
  submissionId: string;
  run: number;
  /** `human` once a person has decided any question. */
  grader: GraderKind;
  rubricVersion: number;
  score: number;
  maxScore: number;
  /** In the order of the rubric. */
  questions: QuestionResult[];
  unassigned: UnassignedText[];
  /** Of the newest decision or grading. */
  createdAt: Date;
}

type Client = PrismaClient | Prisma.TransactionClient;

export interface CurrentRow {
  submissionId: string;
  questionId: string;
  assessmentId: string;
  gradingId: string;
  machineGradingId: string | null;
  decidedById: string | null;
  decidedByName: string | null;
  result: unknown;
  updatedAt: Date;
}

/** Current results of these submissions, of one question or of all, in the order of the rubric. */
export function listCurrentRows(client: Client, submissionIds: string[], questionId?: string): Promise<CurrentRow[]> {
  const ofQuestion = questionId === undefined ? Prisma.empty : Prisma.sql`AND current.question_id = ${questionId}::uuid`;
  return client.$queryRaw<CurrentRow[]>`
    SELECT current.submission_id AS "submissionId", current.question_id AS "questionId", current.assessment_id AS "assessmentId", current.grading_id AS "gradingId",
      current.machine_grading_id AS "machineGradingId", current.decided_by AS "decidedById", person.name AS "decidedByName", current.result, current.updated_at AS "updatedAt"
    FROM question_result AS current LEFT JOIN "user" AS person ON person.id = current.decided_by
    WHERE current.submission_id = ANY (${submissionIds}::uuid[]) ${ofQuestion} ORDER BY current.submission_id, current.position`;
}

export function toCurrentResult({ decidedById, decidedByName, result, ...row }: CurrentRow): CurrentResult {
  return {
    ...row,
    result: result as QuestionResult,
    decidedBy: decidedById === null ? null : { id: decidedById, name: decidedByName ?? '' },
  };
}

interface TotalsRow {
  submissionId: string;
  score: number;
  maxScore: number;
  /** Of the newest machine grading, which alone knows what belongs to no question. */
  run: number;
  machine: GraderKind;
  rubricVersion: number;
  unassigned: unknown;
  machineId: string;
  createdAt: Date;
  /** The newest decision that counts; null without. */
  decisionId: string | null;
  decidedAt: Date | null;
}

/** What counts now of each of these submissions that has been graded. */
export async function findCurrentGradings(client: Client, submissionIds: string[]): Promise<Map<string, CurrentGrading>> {
  const [totals, results] = await Promise.all([
    client.$queryRaw<TotalsRow[]>`
      SELECT DISTINCT ON (submission.id) submission.id AS "submissionId", COALESCE(submission.score, 0) AS score, COALESCE(submission.max_score, 0) AS "maxScore",
        machine.run, machine.grader::text AS machine, machine.rubric_version AS "rubricVersion", machine.unassigned, machine.id AS "machineId",
        machine.created_at AS "createdAt", decision.id AS "decisionId", decision.created_at AS "decidedAt"
      FROM submission
      JOIN grading AS machine ON machine.submission_id = submission.id AND machine.grader <> 'human'
      LEFT JOIN LATERAL (
        SELECT grading.id, grading.created_at FROM question_result JOIN grading ON grading.id = question_result.grading_id
        WHERE question_result.submission_id = submission.id AND question_result.decided_by IS NOT NULL ORDER BY grading.created_at DESC, grading.id DESC LIMIT 1
      ) AS decision ON true
      WHERE submission.id = ANY (${submissionIds}::uuid[])
      ORDER BY submission.id, machine.run DESC, machine.created_at DESC, machine.id DESC`,
    listCurrentRows(client, submissionIds),
  ]);
  const questions = Map.groupBy(results, (row) => row.submissionId);
  return new Map(
    totals.map(({ submissionId, machine, machineId, decisionId, decidedAt, createdAt, unassigned, ...row }) => [
      submissionId,
      {
        ...row,
        id: decisionId ?? machineId,
        submissionId,
        grader: decisionId === null ? machine : 'human',
        questions: (questions.get(submissionId) ?? []).map((current) => current.result as QuestionResult),
        unassigned: unassigned as UnassignedText[],
        createdAt: decidedAt !== null && decidedAt > createdAt ? decidedAt : createdAt,
      },
    ]),
  );
}
