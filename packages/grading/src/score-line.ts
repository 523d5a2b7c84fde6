import { createHash } from 'node:crypto';
import { Question, QuestionInput } from '@gradeflow/contracts';
import { ValidationError } from '@gradeflow/errors';
import { z } from 'zod';
import type { QuestionGrade, Span } from './types.ts';

/** One line for `gradeflow score` or `gradeflow agree`, understood. */
export interface ScoreLine {
  id: string;
  question: Question;
  answer: string;
  humanScore?: number;
  dataset?: string;
  /** Whole questions are resampled together by `agreement`. */
  questionId?: string;
}

/** One line of output of `gradeflow score`. */
export interface ScoredLine {
  id: string;
  score: number;
  maxScore: number;
  confidence: number;
  needsReview: boolean;
  reviewReasons: QuestionGrade['reviewReasons'];
  criteria: Array<{ criterionId: string; decision: string; points: number; evidence: Span[] }>;
}

const ModelAnswers = z.union([z.string(), z.array(z.union([z.string(), z.object({ text: z.string() }).loose()]))]);

/** A key of one typed answer in short form: the file form of the grading data. */
const TypedKey = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('numeric'),
    value: z.number(),
    tolRel: z.number().optional(),
    tolAbs: z.number().optional(),
    unit: z.string().optional(),
    altUnits: z.record(z.string(), z.number()).default({}),
    unitRequired: z.boolean().default(false),
    unitPenalty: z.number().default(0.5),
  }),
  z.object({ kind: z.literal('choice'), options: z.array(z.string()), correct: z.array(z.string()), partial: z.boolean().default(false) }),
  z.object({ kind: z.literal('trueFalse'), value: z.boolean() }),
  z.object({
    kind: z.literal('text'),
    accept: z.array(z.string()),
    maxEdits: z.number().optional(),
    caseSensitive: z.boolean().default(false),
  }),
]);

const Line = z.object({
  id: z.union([z.string(), z.number()]).transform(String),
  question: z.string().default(''),
  modelAnswer: z.string().optional(),
  modelAnswers: ModelAnswers.optional(),
  rubric: z.record(z.string(), z.unknown()).nullish(),
  key: TypedKey.optional(),
  exemplars: z.array(z.unknown()).optional(),
  answer: z.string(),
  maxScore: z.number().positive().optional(),
  lang: z.string().default('en'),
  humanScore: z.number().optional(),
  dataset: z.string().optional(),
  questionId: z.string().optional(),
});
type Line = z.infer<typeof Line>;

/**
 * Reads a line `{id, question, modelAnswer | modelAnswers, rubric?, answer, maxScore, lang?}`, with the rubric in the contract's form or as
 * `{maxPoints, criteria}`, or `{id, key: {kind: numeric | choice | trueFalse | text, …}, answer}`. `maxScore` falls back to the rubric's `maxPoints`,
 * then 1. Throws ValidationError with JSON Pointers for what is wrong, also for a rubric that cannot reach `maxScore`.
 */
export function parseScoreLine(json: unknown): ScoreLine {
  const line = checked(Line, json);
  const question = checked(QuestionInput, questionFields(line));
  const id = lineQuestionId(line);
  return {
    id: line.id,
    question: Question.parse({ ...question, id }),
    answer: line.answer,
    ...(line.humanScore === undefined ? {} : { humanScore: line.humanScore }),
    ...(line.dataset === undefined ? {} : { dataset: line.dataset }),
    ...(line.questionId === undefined ? {} : { questionId: line.questionId }),
  };
}

/** The output line for a grade; offsets count in the answer as given. */
export function toScoreLine(id: string, grade: QuestionGrade): ScoredLine {
  const { score, maxScore, confidence, needsReview, reviewReasons } = grade;
  const criteria = grade.criteria.map(({ criterionId, decision, points, evidence }) => ({ criterionId, decision, points, evidence }));
  return { id, score, maxScore, confidence, needsReview, reviewReasons, criteria };
}

function checked<Schema extends z.ZodType>(schema: Schema, value: unknown): z.infer<Schema> {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const errors = parsed.error.issues.map((issue) => ({ path: `/${issue.path.join('/')}`, message: issue.message }));
  throw new ValidationError({ detail: errors.map((error) => `${error.path}: ${error.message}`).join('; '), errors });
}

function lineQuestionId(line: Line): string {
  const hex = createHash('sha256')
    .update(line.questionId ?? line.id)
    .digest('hex');
  return [hex.slice(0, 8), hex.slice(8, 12), `8${hex.slice(13, 16)}`, `8${hex.slice(17, 20)}`, hex.slice(20, 32)].join('-');
}

function questionFields(line: Line): Record<string, unknown> {
  const rubric = line.key ? typedRubric(line.key, line.maxScore ?? 1) : (line.rubric ?? null);
  const maxPoints = rubric && typeof rubric.maxPoints === 'number' ? rubric.maxPoints : undefined;
  const answers = line.modelAnswers ?? line.modelAnswer ?? [];
  const modelAnswers = (typeof answers === 'string' ? [answers] : answers)
    .map((answer) => (typeof answer === 'string' ? { text: answer } : answer))
    .filter((answer) => answer.text.trim() !== '');
  return {
    number: '1',
    prompt: line.question,
    maxScore: line.maxScore ?? maxPoints ?? 1,
    lang: line.lang,
    modelAnswers,
    exemplars: line.exemplars ?? [],
    rubric: rubric && maxPoints !== undefined && rubric.step === undefined ? { ...rubric, step: finestStep(rubric, maxPoints) } : rubric,
  };
}

/**
 * Rubrics written as `{maxPoints, criteria}` name no step: the coarsest usual one on which all their points lie, a hundredth of the whole where criteria are
 * marked in proportion.
 */
function finestStep(rubric: Record<string, unknown>, maxPoints: number): number {
  const criteria = Array.isArray(rubric.criteria) ? rubric.criteria : [];
  if (criteria.some((criterion: { partial?: unknown }) => criterion?.partial === 'proportional')) return maxPoints / 100;
  const points = criteria.map((criterion: { points?: unknown }) => (typeof criterion?.points === 'number' ? criterion.points : 0));
  const fits = (step: number) => points.every((value) => Math.abs(value / step - Math.round(value / step)) < 1e-6);
  return [0.5, 0.25, 0.1, 0.05].find(fits) ?? 0.01;
}

function typedRubric(key: z.infer<typeof TypedKey>, maxScore: number): Record<string, unknown> {
  return {
    step: maxScore / 100,
    criteria: [{ id: 'c1', description: 'The answer is right.', points: maxScore, match: [typedMatch(key)] }],
  };
}

function typedMatch(key: z.infer<typeof TypedKey>): Record<string, unknown> {
  if (key.kind === 'trueFalse') return { type: 'trueFalse', value: key.value };
  if (key.kind === 'text') {
    const edits = key.maxEdits === undefined ? {} : { maxEdits: key.maxEdits };
    return { type: 'text', anyOf: key.accept, caseSensitive: key.caseSensitive, ...edits };
  }
  if (key.kind === 'choice') {
    const options = key.options.map((option) => ({ id: option, text: option }));
    return { type: 'choice', options, correct: key.correct, mode: key.partial ? 'perOption' : 'exact' };
  }
  const units = key.unit === undefined ? [] : [{ symbol: key.unit, factor: 1 }];
  for (const [symbol, factor] of Object.entries(key.altUnits)) units.push({ symbol, factor });
  const tolerance = {
    ...(key.tolRel === undefined ? {} : { rel: key.tolRel }),
    ...(key.tolAbs === undefined ? {} : { abs: key.tolAbs }),
  };
  return {
    type: 'numeric',
    value: key.value,
    tolerance,
    units,
    unit: key.unitRequired ? 'required' : 'optional',
    unitPenalty: key.unitPenalty,
  };
}
