import type { Criterion, CriterionResult, Question, QuestionResult, ReviewReason } from '@gradeflow/contracts';
import { isNearBoundary } from '../offline-grader.ts';
import { scoreCriteria } from '../scoring.ts';

/** Reasons that come from the whole sheet or from the sum: whoever grades again finds them again. */
const foundAgain = new Set<ReviewReason>(['SAMPLED', 'UNASSIGNED_TEXT', 'NEAR_BOUNDARY']);

/** Reasons for review that hold whatever the sheet and the sum say. */
export function lastingReasons({ reviewReasons }: QuestionResult): ReviewReason[] {
  return reviewReasons.filter((reason) => !foundAgain.has(reason));
}

export interface Recount {
  /** The version that the result was made by. */
  before: Question;
  after: Question;
  /** A machine's result by `before`. */
  result: QuestionResult;
  /** Decisions made by `after`, which replace those of the result. */
  fresh?: readonly CriterionResult[];
  /** 0–1; less confidence goes to review. */
  reviewBelow: number;
}

/**
 * A machine's result counted again by another version of the rubric, without asking a grader: decisions, evidence and confidence stay, points and score follow
 * the new arithmetic. A criterion that has no decision becomes UNCLEAR and goes to review. An answer that earned nothing whatever the criteria say (blank, or
 * off topic under negative scoring) stays at the least score.
 */
export function recount({ before, after, result, fresh = [], reviewBelow }: Recount): QuestionResult {
  const { rubric } = after;
  if (!rubric || rubric.criteria.length === 0) throw new RangeError('only a question with criteria can be counted again');
  const decided = rubric.criteria.map((criterion) => decisionOf(criterion, before, result, fresh));
  const scored = scoreCriteria(rubric, decided, after.maxScore);
  const reasons = new Set(lastingReasons(result));
  const earnsNothing = reasons.has('BLANK') || (reasons.has('OFF_TOPIC') && rubric.scoring === 'negative');
  if (!earnsNothing && isNearBoundary(rubric, scored.rawScore, after.maxScore)) reasons.add('NEAR_BOUNDARY');
  const isUnclear = decided.some(({ decision }) => decision === 'UNCLEAR');
  if (result.confidence < reviewBelow || (isUnclear && reasons.size === 0)) reasons.add('LOW_CONFIDENCE');
  return {
    ...result,
    number: after.number,
    score: earnsNothing ? leastScore(after, result) : scored.score,
    maxScore: after.maxScore,
    criteria: decided.map((criterion) => ({ ...criterion, points: scored.points.get(criterion.criterionId) ?? 0 })),
    reviewReasons: [...reasons],
    needsReview: reasons.size > 0,
  };
}

/** What blank answers get: nothing where nothing stands, else at least the floor. */
function leastScore(question: Question, result: QuestionResult): number {
  return result.answerText.trim() === '' ? 0 : Math.max(0, question.rubric?.floor ?? 0);
}

type Decided = CriterionResult & { fraction: number };

function decisionOf(criterion: Criterion, before: Question, result: QuestionResult, fresh: readonly CriterionResult[]): Decided {
  const isIt = ({ criterionId }: CriterionResult) => criterionId === criterion.id;
  const known = fresh.find(isIt) ?? result.criteria.find(isIt);
  if (!known) return { criterionId: criterion.id, decision: 'UNCLEAR', points: 0, fraction: 0, evidence: [] };
  return { ...known, fraction: known.fraction ?? earlierFraction(known, before) };
}

/** Older gradings have no fraction: it follows from their points, as far as no group or cap has lessened them. */
function earlierFraction({ criterionId, decision, points }: CriterionResult, before: Question): number {
  if (decision === 'MET') return 1;
  if (decision !== 'PARTIAL') return 0;
  const worth = before.rubric?.criteria.find(({ id }) => id === criterionId)?.points ?? 0;
  return worth === 0 ? 0 : Math.min(1, Math.max(0, points / worth));
}
