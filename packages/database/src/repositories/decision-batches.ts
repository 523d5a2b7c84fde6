import type { PrismaClient } from '../generated/client.ts';
import { type CurrentResult, listCurrentRows, toCurrentResult } from './current-results.ts';
import { ofAssessment } from './submission-rows.ts';

/** One decision that was spread over many sheets. */
export interface DecisionBatch {
  id: string;
  assessmentId: string;
  questionId: string;
  by: string;
  undoneAt: Date | null;
}

/** A submission of the assessment that is to be decided. */
export interface BatchTarget {
  submissionId: string;
  /** Null before the first grading of the question. */
  current: CurrentResult | null;
  /** The batch whose decision counts now. */
  batchId: string | null;
}

/** What a batch decided about one submission. */
export interface BatchDecision {
  submissionId: string;
  gradingId: string;
  /** The grading that counted before. */
  previousId: string | null;
  isUndone: boolean;
}

export interface DecisionBatchRepository {
  /** Makes a batch and gives its id; while one of the same `requestHash` is not undone, that one's. */
  begin(batch: Omit<DecisionBatch, 'undoneAt'> & { requestHash: string }): Promise<string>;
  find(id: string): Promise<DecisionBatch | null>;
  /** From now on nothing more is decided under it: decisions that were being written are there when this returns. */
  markUndone(id: string): Promise<void>;
  /** The named submissions as far as they are the assessment's. */
  listTargets(assessmentId: string, questionId: string, submissionIds: string[]): Promise<BatchTarget[]>;
  /** Of each submission the batch's latest decision. */
  listDecisions(id: string): Promise<BatchDecision[]>;
}

export function createDecisionBatchRepository(prisma: PrismaClient): DecisionBatchRepository {
  return {
    async begin({ id, assessmentId, questionId, by, requestHash }) {
      const [row] = await prisma.$queryRaw<[{ id: string }]>`
        INSERT INTO decision_batch (id, assessment_id, question_id, by_id, request_hash)
        VALUES (${id}::uuid, ${assessmentId}::uuid, ${questionId}::uuid, ${by}::uuid, ${requestHash})
        ON CONFLICT (request_hash) DO UPDATE SET request_hash = EXCLUDED.request_hash RETURNING id`;
      return row.id;
    },

    async find(id) {
      const row = await prisma.decisionBatch.findUnique({ where: { id } });
      return row && { id, assessmentId: row.assessmentId, questionId: row.questionId, by: row.byId, undoneAt: row.undoneAt };
    },

    async markUndone(id) {
      await prisma.$executeRaw`UPDATE decision_batch SET undone_at = COALESCE(undone_at, now()), request_hash = NULL WHERE id = ${id}::uuid`;
    },

    async listTargets(assessmentId, questionId, submissionIds) {
      const rows = await prisma.$queryRaw<Array<{ submissionId: string; batchId: string | null }>>`
        SELECT submission.id AS "submissionId", grading.batch_id AS "batchId"
        FROM submission
        LEFT JOIN question_result AS current ON current.submission_id = submission.id AND current.question_id = ${questionId}::uuid
        LEFT JOIN grading ON grading.id = current.grading_id
        WHERE ${ofAssessment(assessmentId)} AND submission.id = ANY (${submissionIds}::uuid[])`;
      const ids = rows.map((row) => row.submissionId);
      const current = new Map((await listCurrentRows(prisma, ids, questionId)).map((row) => [row.submissionId, toCurrentResult(row)]));
      return rows.map((row) => ({ ...row, current: current.get(row.submissionId) ?? null }));
    },

    listDecisions: (id) => prisma.$queryRaw<BatchDecision[]>`
      SELECT DISTINCT ON (submission_id) submission_id AS "submissionId", id AS "gradingId", previous_id AS "previousId",
        EXISTS (SELECT 1 FROM grading AS undoing WHERE undoing.batch_id = grading.batch_id AND undoing.submission_id = grading.submission_id AND undoing.reverted_to IS NOT NULL) AS "isUndone"
      FROM grading WHERE batch_id = ${id}::uuid AND reverted_to IS NULL ORDER BY submission_id, created_at DESC, id DESC`,
  };
}
