import { Prisma, type PrismaClient } from '../generated/client.ts';
import { type AnswerState, answerLabel, answerState, fromAnswers } from './answers.ts';
import { ofAssessment } from './submission-rows.ts';

/** One sheet's answer to a question: what it says and how it stands. */
export interface GroupableAnswer {
  submissionId: string;
  gradingId: string;
  /** Of its sheet; neutral while anonymous marking hides names. */
  label: string | null;
  state: AnswerState;
  score: number;
  maxScore: number;
  /** The machine's latest mark, also beside a person's; null when no machine has graded it. */
  machineScore: number | null;
  /** Of more than 2,000 characters the first ones and a hash of all: enough to tell answers apart. */
  answerText: string;
}

export interface AnswerGroupRepository {
  /** Answers of all sheets to one question, the first `limit` by id of the submission, and how many there are. */
  listAnswers(assessmentId: string, questionId: string, limit: number): Promise<{ answers: GroupableAnswer[]; total: number }>;
}

export function createAnswerGroupRepository(prisma: PrismaClient): AnswerGroupRepository {
  return {
    async listAnswers(assessmentId, questionId, limit) {
      const all = Prisma.sql`${fromAnswers} WHERE ${ofAssessment(assessmentId)} AND current.question_id = ${questionId}::uuid`;
      const [answers, [{ total }]] = await Promise.all([
        prisma.$queryRaw<GroupableAnswer[]>`
          SELECT current.submission_id AS "submissionId", current.grading_id AS "gradingId", ${answerLabel} AS label,
            ${answerState} AS state, current.score, current.max_score AS "maxScore", ${machineScore} AS "machineScore", ${answerText} AS "answerText"
          ${all} ORDER BY current.submission_id LIMIT ${limit}`,
        prisma.$queryRaw<[{ total: number }]>`SELECT count(*)::int AS total ${all}`,
      ]);
      return { answers, total };
    },
  };
}

const answerText = Prisma.sql`CASE WHEN length(current.result ->> 'answerText') > 2000
  THEN left(current.result ->> 'answerText', 2000) || ' ' || md5(current.result ->> 'answerText') ELSE COALESCE(current.result ->> 'answerText', '') END`;

const machineScore = Prisma.sql`CASE WHEN current.decided_by IS NULL THEN current.score ELSE (
  SELECT (question ->> 'score')::float8 FROM grading CROSS JOIN LATERAL jsonb_array_elements(grading.questions) AS question
  WHERE grading.id = current.machine_grading_id AND lower(question ->> 'questionId') = current.question_id::text LIMIT 1) END`;
