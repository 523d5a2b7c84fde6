import type { CriterionResult, ReviewReason } from '@gradeflow/contracts';
import { namesAreHidden, neutralNameSql } from '../anonymity.ts';
import { decodeCursor, encodeCursor, invalidCursor, type Page, toPage } from '../cursor.ts';
import { Prisma, type PrismaClient } from '../generated/client.ts';
import { type CurrentResult, type CurrentRow, toCurrentResult } from './current-results.ts';
import { ofAssessment } from './submission-rows.ts';

/** `open`: needs a person; `decided`: by a person; `machine`: the machine's stands. */
export type AnswerState = 'open' | 'decided' | 'machine';

export interface Answer extends Omit<CurrentResult, 'questionId' | 'assessmentId' | 'updatedAt'> {
  /** The neutral name while names are hidden. */
  label: string | null;
  state: AnswerState;
}

type Judgement = { score: number; maxScore: number; criteria: Array<Pick<CriterionResult, 'criterionId' | 'decision' | 'points'>> };

/** What machine and person say of the same answer. */
export interface JudgedTwice {
  questionId: string;
  machine: Judgement;
  human: Judgement;
  /** True when it went to a person as a random sample. */
  sampled: boolean;
}

export interface AnswerRepository {
  /** Answers of all sheets to one question, as they count now. `total` of the filtered set, `counts` of the whole question. */
  list(query: {
    assessmentId: string;
    questionId: string;
    state?: AnswerState | undefined;
    reason?: ReviewReason | undefined;
    sort: 'confidence' | '-confidence' | 'score' | '-score' | 'label' | '-label';
    limit: number;
    cursor?: string | undefined;
  }): Promise<Page<Answer> & { total: number; counts: Record<AnswerState, number> }>;
  /** All answers of an assessment that a person has decided for good and the machine has graded, each with the machine's latest. */
  listJudgedTwice(assessmentId: string): Promise<JudgedTwice[]>;
}

type Query = Parameters<AnswerRepository['list']>[0];
type Row = CurrentRow & { label: string | null; state: AnswerState; key: string | number };

export function createAnswerRepository(prisma: PrismaClient): AnswerRepository {
  return {
    async list(query) {
      const all = Prisma.sql`${fromAnswers} WHERE ${ofAssessment(query.assessmentId)} AND current.question_id = ${query.questionId}::uuid`;
      const [rows, counted] = await Promise.all([
        prisma.$queryRaw<Row[]>`
          SELECT current.submission_id AS "submissionId", current.question_id AS "questionId", current.assessment_id AS "assessmentId", current.grading_id AS "gradingId",
            current.machine_grading_id AS "machineGradingId", current.decided_by AS "decidedById", person.name AS "decidedByName", current.result,
            current.updated_at AS "updatedAt", ${answerLabel} AS label, ${answerState} AS state, ${keyOf(query)} AS key
          ${all} ${filterOf(query)} ${afterCursor(query)}
          ORDER BY ${orderOf(query)} LIMIT ${query.limit + 1}`,
        prisma.$queryRaw<Array<{ state: AnswerState; count: number; matching: number }>>`
          SELECT ${answerState} AS state, count(*)::int AS count, (count(*) FILTER (WHERE true ${filterOf(query)}))::int AS matching ${all} GROUP BY 1`,
      ]);
      const page = toPage(rows, query.limit, (last) => encodeCursor(listName(query), { key: String(last.key), id: last.submissionId }));
      return {
        items: page.items.map(({ label, state, key: _, ...row }) => {
          const { questionId: _q, assessmentId: _a, updatedAt: _u, ...current } = toCurrentResult(row);
          return { ...current, label, state };
        }),
        nextCursor: page.nextCursor,
        total: counted.reduce((sum, { matching }) => sum + matching, 0),
        counts: { open: 0, decided: 0, machine: 0, ...Object.fromEntries(counted.map(({ state, count }) => [state, count])) },
      };
    },

    listJudgedTwice: (assessmentId) => prisma.$queryRaw<JudgedTwice[]>`
      SELECT current.question_id AS "questionId", ${judgement(Prisma.sql`machine.result`)} AS machine, ${judgement(Prisma.sql`current.result`)} AS human,
        COALESCE(machine.result -> 'reviewReasons' ? 'SAMPLED', false) AS sampled
      FROM question_result AS current
      JOIN submission ON submission.id = current.submission_id
      JOIN grading ON grading.id = current.machine_grading_id
      CROSS JOIN LATERAL (
        SELECT question AS result FROM jsonb_array_elements(grading.questions) AS question WHERE lower(question ->> 'questionId') = current.question_id::text LIMIT 1
      ) AS machine
      WHERE ${ofAssessment(assessmentId)} AND current.decided_by IS NOT NULL AND NOT current.needs_review
      ORDER BY current.position, current.submission_id`,
  };
}

/** Current results with their submission and assessment. */
export const fromAnswers = Prisma.sql`
  FROM question_result AS current
  JOIN submission ON submission.id = current.submission_id
  JOIN assessment ON assessment.id = current.assessment_id
  LEFT JOIN "user" AS person ON person.id = current.decided_by`;

/** The label of its sheet, neutral while names are hidden. */
export const answerLabel = Prisma.sql`CASE WHEN ${namesAreHidden} THEN ${neutralNameSql} ELSE submission.label END`;

/** Its state, as AnswerState. */
export const answerState = Prisma.sql`CASE WHEN current.needs_review THEN 'open' WHEN current.decided_by IS NOT NULL THEN 'decided' ELSE 'machine' END`;

/** Marks and decisions alone: figures need no text of students. */
function judgement(result: Prisma.Sql): Prisma.Sql {
  return Prisma.sql`jsonb_build_object('score', ${result} -> 'score', 'maxScore', ${result} -> 'maxScore', 'criteria', COALESCE((
    SELECT jsonb_agg(jsonb_build_object('criterionId', criterion -> 'criterionId', 'decision', criterion -> 'decision', 'points', criterion -> 'points'))
    FROM jsonb_array_elements(${result} -> 'criteria') AS criterion), '[]'::jsonb))`;
}

function filterOf({ state: wanted, reason }: Query): Prisma.Sql {
  const byState = wanted === undefined ? Prisma.empty : Prisma.sql`AND ${answerState} = ${wanted}`;
  return reason === undefined ? byState : Prisma.sql`${byState} AND current.review_reasons @> ARRAY[${reason}]::text[]`;
}

const listName = ({ questionId, sort }: Query) => `answers,${questionId},${sort}`;
const fieldOf = ({ sort }: Query) => sort.replace('-', '') as 'confidence' | 'score' | 'label';
const isDescending = ({ sort }: Query) => sort.startsWith('-');

const keys = {
  confidence: Prisma.sql`current.confidence`,
  score: Prisma.sql`current.score`,
  // Labels may be names: while names are hidden not even their order is told.
  label: Prisma.sql`COALESCE(${answerLabel}, '')`,
};
const keyOf = (query: Query) => keys[fieldOf(query)];

function orderOf(query: Query): Prisma.Sql {
  return isDescending(query)
    ? Prisma.sql`${keyOf(query)} DESC, current.submission_id DESC`
    : Prisma.sql`${keyOf(query)}, current.submission_id`;
}

function afterCursor(query: Query): Prisma.Sql {
  if (query.cursor === undefined) return Prisma.empty;
  const { key, id } = decodeCursor(listName(query), query.cursor);
  const beyond = isDescending(query) ? Prisma.sql`<` : Prisma.sql`>`;
  if (fieldOf(query) === 'label') return Prisma.sql`AND (${keyOf(query)}, current.submission_id) ${beyond} (${key}, ${id}::uuid)`;
  if (key === '' || !Number.isFinite(Number(key))) throw invalidCursor();
  return Prisma.sql`AND (${keyOf(query)}, current.submission_id) ${beyond} (${Number(key)}::float8, ${id}::uuid)`;
}
