import type { Criterion, CriterionResult, Question, QuestionDecision, QuestionResult } from '@gradeflow/contracts';
import { type FieldError, ValidationError } from '@gradeflow/errors';
import { type DecidedCriterion, scoreCriteria } from './scoring.ts';

/**
 * A question's result after a person's decision: criteria that the person names are theirs, the others stay as they were; the sum by the rules of the rubric, rounded
 * to its step, then the adjustment, which stays when it is left out (0 takes it away; `points` replace it). Nothing needs review any more, unless a criterion is still UNCLEAR:
 * then reasons and confidence stay too.
 * Throws ValidationError with a JSON Pointer for each fault: unknown criterion, points out of reach, a mark below 0 or above the question's score.
 */
export function applyDecision(question: Question, current: QuestionResult, decision: QuestionDecision): QuestionResult {
  const criteria = question.rubric?.criteria ?? [];
  const decided = { ...current, maxScore: question.maxScore, number: question.number, confidence: 1, reviewReasons: [] };
  const adjustment = decision.adjustment ?? (decision.points === undefined ? current.adjustment : undefined);
  const feedback = decision.feedback ?? current.feedback;
  if (criteria.length === 0) {
    const points = decision.points ?? current.score - (current.adjustment ?? 0);
    const score = Number((points + (adjustment ?? 0)).toFixed(6));
    refuse([
      ...unlessPointsOnly(decision),
      ...markFaults(score, question.maxScore, decision.points === undefined ? '/adjustment' : '/points'),
    ]);
    return { ...withAdjustment(decided, adjustment), score, feedback, needsReview: false };
  }
  refuse(criteriaFaults(criteria, decision));
  const results = criteria.map((criterion) => decideCriterion(criterion, current, decision));
  const scored = scoreCriteria(question.rubric as NonNullable<Question['rubric']>, results.map(toDecided), question.maxScore);
  const score = Number((scored.score + (adjustment ?? 0)).toFixed(6));
  refuse(markFaults(score, question.maxScore, '/adjustment'));
  return {
    ...withAdjustment(decided, adjustment),
    ...(results.some((result) => result.decision === 'UNCLEAR') ? stillOpen(current) : { needsReview: false }),
    score,
    feedback,
    criteria: results.map((result) => ({ ...result, points: scored.points.get(result.criterionId) ?? 0 })),
  };
}

/**
 * Throws ValidationError when a decision does not fit the question whatever was answered: unknown criterion, points out of reach of it. What only shows with an answer's
 * earlier result is left to `applyDecision`.
 */
export function checkDecision(question: Question, decision: QuestionDecision): void {
  const criteria = question.rubric?.criteria ?? [];
  if (criteria.length > 0) refuse(criteriaFaults(criteria, decision));
  else
    refuse([
      ...unlessPointsOnly(decision),
      ...(decision.points === undefined ? [] : markFaults(decision.points + (decision.adjustment ?? 0), question.maxScore, '/points')),
    ]);
}

/** An item of the review queue always says why it is there. */
function stillOpen({ confidence, reviewReasons }: QuestionResult): Pick<QuestionResult, 'confidence' | 'needsReview' | 'reviewReasons'> {
  return { confidence, needsReview: true, reviewReasons: reviewReasons.length > 0 ? reviewReasons : ['LOW_CONFIDENCE'] };
}

function withAdjustment({ adjustment: _, ...result }: QuestionResult, adjustment: number | undefined): QuestionResult {
  return adjustment ? { ...result, adjustment } : result;
}

/** `fraction` of a result; those of older gradings have points alone. */
function toDecided({ criterionId, decision, fraction }: CriterionResult): DecidedCriterion {
  return { criterionId, decision, fraction: fraction ?? (decision === 'MET' ? 1 : 0) };
}

function decideCriterion(criterion: Criterion, current: QuestionResult, { criteria = [] }: QuestionDecision): CriterionResult {
  const before = current.criteria.find(({ criterionId }) => criterionId === criterion.id);
  const given = criteria.find(({ criterionId }) => criterionId === criterion.id);
  if (!given)
    return before
      ? withFraction(criterion, before)
      : { criterionId: criterion.id, decision: 'UNCLEAR', points: 0, fraction: 0, evidence: [] };
  const counts = given.decision === 'MET' || given.decision === 'PARTIAL';
  const fraction = counts ? fractionOf(criterion, given.points) : 0;
  const evidence = counts ? (given.evidence?.map((region) => ({ ...region, text: '' })) ?? before?.evidence ?? []) : [];
  return { criterionId: criterion.id, decision: given.decision, points: 0, fraction, evidence };
}

function withFraction(criterion: Criterion, before: CriterionResult): CriterionResult {
  const fraction =
    before.fraction ?? (before.decision === 'PARTIAL' ? fractionOf(criterion, before.points) : before.decision === 'MET' ? 1 : 0);
  return { ...before, fraction };
}

function fractionOf(criterion: Criterion, points: number | undefined): number {
  if (points === undefined) return 1;
  return criterion.points === 0 ? 0 : Math.min(1, Math.max(0, points / criterion.points));
}

function unlessPointsOnly({ criteria }: QuestionDecision): FieldError[] {
  return criteria?.length ? [{ path: '/criteria', message: 'the question has no criteria: give points' }] : [];
}

function markFaults(score: number, maxScore: number, path: string): FieldError[] {
  if (score >= 0 && score <= maxScore + 1e-9) return [];
  return [{ path, message: `the mark would be ${score}; it must be between 0 and ${maxScore}` }];
}

function criteriaFaults(criteria: readonly Criterion[], decision: QuestionDecision): FieldError[] {
  const faults: FieldError[] = [];
  if (decision.points !== undefined) faults.push({ path: '/points', message: 'the question has criteria: decide those' });
  const seen = new Set<string>();
  decision.criteria?.forEach((given, index) => {
    const at = `/criteria/${index}`;
    const criterion = criteria.find(({ id }) => id === given.criterionId);
    if (!criterion) faults.push({ path: `${at}/criterionId`, message: `there is no criterion "${given.criterionId}"` });
    if (seen.has(given.criterionId))
      faults.push({ path: `${at}/criterionId`, message: `criterion "${given.criterionId}" is decided twice` });
    seen.add(given.criterionId);
    if (given.decision === 'PARTIAL' && given.points === undefined) faults.push({ path: `${at}/points`, message: 'PARTIAL needs points' });
    if (criterion && given.points !== undefined && !isWithin(given.points, criterion.points))
      faults.push({ path: `${at}/points`, message: `the criterion is worth ${criterion.points}; ${given.points} is out of reach` });
  });
  return faults;
}

/** Between 0 and the criterion's points, which are negative under negative scoring. */
function isWithin(points: number, worth: number): boolean {
  return points >= Math.min(0, worth) - 1e-9 && points <= Math.max(0, worth) + 1e-9;
}

function refuse(errors: FieldError[]): void {
  if (errors.length > 0) throw new ValidationError({ detail: 'The decision does not fit the question.', errors });
}
