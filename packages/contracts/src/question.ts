import { z } from 'zod';
import { Id } from './ids.ts';
import { checkMatch, checkReach, mostTogether } from './question-checks.ts';

const Key = z.string().regex(/^[A-Za-z0-9_.-]{1,40}$/, 'use 1 to 40 letters, digits, "_", "." or "-"');
const Phrase = z.string().trim().min(1).max(200);

const Unit = z.object({
  symbol: z.string().min(1).max(20),
  /** value in the key's unit = value × factor + offset */
  factor: z.number().positive(),
  offset: z.number().default(0),
});

const KeywordsMatch = z.object({
  type: z.literal('keywords'),
  /** One group is one idea; any of its phrases shows it. */
  groups: z
    .array(z.object({ anyOf: z.array(Phrase).min(1).max(50) }))
    .min(1)
    .max(50),
  /** How many groups make the criterion MET; all when absent. */
  minGroups: z.number().int().positive().optional(),
  /** A phrase that makes the criterion NOT_MET. */
  noneOf: z.array(Phrase).max(50).default([]),
  inOrder: z.boolean().default(false),
  stem: z.boolean().default(true),
  prefix: z.boolean().default(false),
  fuzzy: z.boolean().default(true),
});

const NumericMatch = z.object({
  type: z.literal('numeric'),
  value: z.number(),
  tolerance: z.object({ abs: z.number().nonnegative().optional(), rel: z.number().nonnegative().optional() }).default({}),
  units: z.array(Unit).max(50).default([]),
  unit: z.enum(['ignored', 'optional', 'required']).default('optional'),
  /** Share of the points that a missing or wrong unit costs. */
  unitPenalty: z.number().min(0).max(1).default(0.5),
  nearMisses: z
    .array(z.object({ value: z.number(), fraction: z.number().min(0).max(1), note: z.string().max(500).default('') }))
    .max(20)
    .default([]),
});

const ChoiceMatch = z.object({
  type: z.literal('choice'),
  options: z
    .array(z.object({ id: z.string().min(1).max(20), text: z.string().max(500) }))
    .min(2)
    .max(50),
  correct: z.array(z.string()).min(1),
  mode: z.enum(['exact', 'perOption']).default('exact'),
  /** Share of the points that each wrong option costs under `perOption`. */
  wrongPenalty: z.number().min(0).max(1).default(0),
});

const TrueFalseMatch = z.object({ type: z.literal('trueFalse'), value: z.boolean() });

const TextMatch = z.object({
  type: z.literal('text'),
  anyOf: z.array(Phrase).min(1).max(50),
  caseSensitive: z.boolean().default(false),
  maxEdits: z.number().int().min(0).max(3).default(1),
});

const MeaningMatch = z.object({
  type: z.literal('meaning'),
  statement: z.string().min(3).max(2000),
  examples: z.array(z.string().max(2000)).max(20).default([]),
  counterExamples: z.array(z.string().max(2000)).max(20).default([]),
});

const ManualMatch = z.object({ type: z.literal('manual') });

/** One way to decide a criterion. */
export const Match = z.discriminatedUnion('type', [
  KeywordsMatch,
  NumericMatch,
  ChoiceMatch,
  TrueFalseMatch,
  TextMatch,
  MeaningMatch,
  ManualMatch,
]);
export type Match = z.infer<typeof Match>;

export const Criterion = z.object({
  id: Key,
  description: z.string().min(1).max(500),
  /** Negative under `scoring: "negative"`. */
  points: z.number(),
  partial: z.enum(['none', 'proportional']).default('none'),
  group: Key.nullable().default(null),
  /** Counts 0 unless all of these are met. */
  requires: z.array(Key).default([]),
  /** When met, these count 0. */
  excludes: z.array(Key).default([]),
  /** Alternatives, the best one counts; one object instead of a list is accepted. */
  match: z.preprocess((value) => (Array.isArray(value) || value === undefined ? value : [value]), z.array(Match).min(1).max(20)),
});
export type Criterion = z.infer<typeof Criterion>;

const CriterionGroup = z.object({
  id: Key,
  rule: z.enum(['sum', 'exclusive', 'max', 'bestN']).default('sum'),
  n: z.number().int().positive().optional(),
  cap: z.number().nonnegative().optional(),
});
export type CriterionGroup = z.infer<typeof CriterionGroup>;

export const Rubric = z.object({
  scoring: z.enum(['positive', 'negative']).default('positive'),
  /** Scores are rounded to a multiple of this. */
  step: z.number().positive().default(0.5),
  floor: z.number().default(0),
  /** `maxScore` when absent. */
  ceiling: z.number().optional(),
  criteria: z.array(Criterion).max(100).default([]),
  groups: z.array(CriterionGroup).max(50).default([]),
});
export type Rubric = z.infer<typeof Rubric>;

export const QuestionType = z.enum(['FREE_TEXT', 'NUMERIC', 'MULTIPLE_CHOICE', 'TRUE_FALSE']);

export const QuestionFields = z.object({
  id: Id.optional(),
  /** As printed on the sheet, e.g. `1(a)`. */
  number: z.string().trim().min(1).max(20),
  prompt: z.string().max(10_000).default(''),
  type: QuestionType.default('FREE_TEXT'),
  maxScore: z.number().positive().max(10_000),
  lang: z.string().min(2).max(10).default('en'),
  modelAnswers: z
    .array(z.object({ text: z.string().min(1).max(20_000), quality: z.enum(['best', 'good', 'minimal']).default('best') }))
    .max(20)
    .default([]),
  rubric: Rubric.nullable().default(null),
  exemplars: z
    .array(z.object({ answer: z.string().max(20_000), score: z.number() }))
    .max(200)
    .default([]),
});

/** The most points that the criteria can give together, by the rules of their groups. */
export function reachablePoints(rubric: Rubric): number {
  const positive = (list: Criterion[]) =>
    list
      .map((c) => c.points)
      .filter((p) => p > 0)
      .sort((a, b) => b - a);
  const sum = (list: number[]) => list.reduce((a, b) => a + b, 0);
  const loose = sum(positive(rubric.criteria.filter((c) => c.group === null)));
  const grouped = rubric.groups.map((group) => {
    const points = positive(rubric.criteria.filter((c) => c.group === group.id));
    const best = group.rule === 'sum' ? points : points.slice(0, group.rule === 'bestN' ? (group.n ?? 1) : 1);
    return Math.min(sum(best), group.cap ?? Number.POSITIVE_INFINITY);
  });
  return loose + sum(grouped);
}

/** Whether the chain of `requires` leads back to where it began. */
function requiresItself(rubric: Rubric, id: string): boolean {
  const requiredBy = new Map(rubric.criteria.map((criterion) => [criterion.id, criterion.requires]));
  const seen = new Set<string>();
  const open = [...(requiredBy.get(id) ?? [])];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    if (next === id) return true;
    if (seen.has(next)) continue;
    seen.add(next);
    open.push(...(requiredBy.get(next) ?? []));
  }
  return false;
}

/** Everything about a question that its fields alone cannot say: references, reach, options. */
function checkQuestion(question: z.infer<typeof QuestionFields>, ctx: z.RefinementCtx): void {
  const { rubric } = question;
  if (!rubric) return;
  const issue = (path: (string | number)[], message: string) => ctx.addIssue({ code: 'custom', path: ['rubric', ...path], message });
  const ids = new Set<string>();
  const groups = new Set<string>();
  rubric.groups.forEach((group, index) => {
    if (groups.has(group.id)) issue(['groups', index, 'id'], `two groups have the id "${group.id}"`);
    groups.add(group.id);
  });
  rubric.criteria.forEach((criterion, index) => {
    const at = ['criteria', index];
    if (ids.has(criterion.id)) issue([...at, 'id'], `two criteria have the id "${criterion.id}"`);
    ids.add(criterion.id);
    if (criterion.group !== null && !groups.has(criterion.group)) issue([...at, 'group'], `there is no group "${criterion.group}"`);
    if (rubric.scoring === 'negative' && criterion.points > 0)
      issue([...at, 'points'], 'under negative scoring criteria carry negative points');
    for (const [m, match] of criterion.match.entries()) checkMatch(match, [...at, 'match', m], issue);
  });
  rubric.criteria.forEach((criterion, index) => {
    for (const field of ['requires', 'excludes'] as const)
      for (const id of criterion[field]) if (!ids.has(id)) issue(['criteria', index, field], `there is no criterion "${id}"`);
  });
  const circular = rubric.criteria.findIndex((criterion) => requiresItself(rubric, criterion.id));
  if (circular >= 0) issue(['criteria', circular, 'requires'], 'the criterion requires itself, so it could never count');
  rubric.criteria.forEach((criterion, index) => {
    if (criterion.excludes.includes(criterion.id)) issue(['criteria', index, 'excludes'], 'the criterion excludes itself');
  });
  checkReach(rubric, issue);
  if (rubric.floor > question.maxScore) issue(['floor'], `the floor is above the ${question.maxScore} points of the question`);
  const ceiling = Math.min(rubric.ceiling ?? question.maxScore, question.maxScore);
  const reach = rubric.scoring === 'positive' ? reachablePoints(rubric) : question.maxScore;
  if (rubric.criteria.length > 0 && (reach + 1e-9 < question.maxScore || ceiling + 1e-9 < question.maxScore))
    issue(['criteria'], `the criteria reach only ${Math.min(reach, ceiling)} of ${question.maxScore} points`);
  else if (rubric.scoring === 'positive' && circular < 0) {
    const together = mostTogether(rubric, (criteria) => reachablePoints({ ...rubric, criteria }));
    if (together !== null && together + 1e-9 < question.maxScore)
      issue(
        ['criteria'],
        `the criteria reach only ${together} of ${question.maxScore} points, because some exclude others or require what excludes them`,
      );
  }
}

/** A question as it is sent and checked; defaults are filled in. */
export const QuestionInput = QuestionFields.superRefine(checkQuestion);
export type QuestionInput = z.infer<typeof QuestionInput>;

/** A question as it is stored and returned: always with its id. */
export const Question = QuestionFields.extend({ id: Id }).meta({ id: 'Question' });
export type Question = z.infer<typeof Question>;

/** A whole list: numbers and ids are unique. Also the form of an answer-key file. */
export const QuestionList = z
  .array(QuestionInput)
  .max(500)
  .superRefine((questions, ctx) => {
    for (const field of ['number', 'id'] as const) {
      const seen = new Set<string>();
      questions.forEach((question, index) => {
        const value = question[field];
        if (value === undefined) return;
        if (seen.has(value)) ctx.addIssue({ code: 'custom', path: [index, field], message: `two questions have the ${field} "${value}"` });
        seen.add(value);
      });
    }
  });
