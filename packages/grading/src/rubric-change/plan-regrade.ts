import { isDeepStrictEqual } from 'node:util';
import type { Criterion, Question } from '@gradeflow/contracts';

/** What of an answer's grading an edit of its question touches. `criteria` names those that a grader has to decide again. */
export type RegradePlan = { kind: 'same' } | { kind: 'recompute' } | { kind: 'criteria'; ids: string[] } | { kind: 'all' };

/**
 * Compares two versions of a question. What a grader reads (prompt, type, language, model answers, exemplars; of a criterion its description, match and partial)
 * has to be asked again where it changed; points, groups, requires, excludes, step, floor, ceiling and maxScore are arithmetic over decisions that stand. Scoring is
 * asked again too: under negative scoring, where everything is earned that is not lost, answers about nothing of the kind are kept from earning.
 * A question without criteria has one indivisible decision, so any change of it is `all`. The number is no part of it: whether it finds another answer on the
 * sheet is seen from the answer.
 */
export function planRegrade(before: Question, after: Question): RegradePlan {
  if (isSame(withoutNumber(before), withoutNumber(after))) return { kind: 'same' };
  const criteria = after.rubric?.criteria ?? [];
  if (criteria.length === 0 || !isSame(readByGrader(before), readByGrader(after))) return { kind: 'all' };
  const known = new Map((before.rubric?.criteria ?? []).map((criterion) => [criterion.id, criterion]));
  const ids = criteria.filter((criterion) => !isSame(decidedBy(known.get(criterion.id)), decidedBy(criterion))).map(({ id }) => id);
  if (ids.length === 0) return { kind: 'recompute' };
  return ids.length === criteria.length ? { kind: 'all' } : { kind: 'criteria', ids };
}

function withoutNumber({ number: _, ...question }: Question) {
  return question;
}

function readByGrader({ prompt, type, lang, modelAnswers, exemplars, rubric }: Question) {
  return { prompt, type, lang, modelAnswers, exemplars, scoring: rubric?.scoring };
}

function decidedBy(criterion: Criterion | undefined) {
  return criterion && { description: criterion.description, match: criterion.match, partial: criterion.partial };
}

/** Equal as JSON: a stored version has no fields that are undefined. */
function isSame(a: unknown, b: unknown): boolean {
  return isDeepStrictEqual(JSON.parse(JSON.stringify(a ?? null)), JSON.parse(JSON.stringify(b ?? null)));
}
