import type { CriterionResult, Evidence, GraderKind, Question, QuestionResult } from '@gradeflow/contracts';
import type { CriterionDecision, GradeRequest, Grader, QuestionGrade, Span } from '../types.ts';
import { planRegrade } from './plan-regrade.ts';
import { lastingReasons, recount } from './recount.ts';

/** A machine's earlier result and the version of its question. */
export interface EarlierGrade {
  question: Question;
  result: QuestionResult;
  grader: GraderKind;
}

export interface RegradeRequest {
  request: GradeRequest;
  earlier: EarlierGrade;
  grader: Grader;
  /** Where a span of the answer stands on the pages. */
  place: (span: Span) => Evidence[];
}

/**
 * Grades an answer again after an edit of its question, asking the grader only for criteria that changed; the others keep decision and evidence.
 * Null when nothing can be kept and the question has to be graded as if for the first time: another answer than then, another kind of grader,
 * a model that failed then, a question that changed as a whole.
 */
export async function regradeQuestion({ request, earlier, grader, place }: RegradeRequest): Promise<QuestionResult | null> {
  const { question: after, answer, reviewBelow } = request;
  const { question: before, result } = earlier;
  const isKept = result.answerText === answer && earlier.grader === grader.kind && !result.reviewReasons.includes('MODEL_FAILED');
  if (!isKept) return null;
  const plan = planRegrade(before, after);
  if (plan.kind === 'all') return null;
  if (!after.rubric || after.rubric.criteria.length === 0) return asItWas(after, result);
  if (plan.kind !== 'criteria') {
    const feedback = mergeFeedback(before, result.feedback, [], after, '');
    return recount({ before, after, result: { ...result, feedback }, reviewBelow });
  }
  const grade = await askFor(grader, request, plan.ids);
  const fresh = grade.criteria.filter(({ criterionId }) => plan.ids.includes(criterionId)).map((decision) => toResult(decision, place));
  const reviewReasons = [...new Set([...result.reviewReasons, ...grade.reviewReasons])];
  const isWhole = grader.kind === 'offline';
  const merged: QuestionResult = {
    ...result,
    // The built-in grader has looked at the whole question, a model only at the part.
    confidence: isWhole ? grade.confidence : Math.min(result.confidence, grade.confidence),
    feedback: isWhole ? grade.feedback : mergeFeedback(before, result.feedback, plan.ids, after, grade.feedback),
    reviewReasons: isWhole ? grade.reviewReasons : reviewReasons,
    ...(grade.modelFault === undefined ? {} : { modelFault: grade.modelFault }),
  };
  return recount({ before, after, result: merged, fresh, reviewBelow });
}

function asItWas({ number }: Question, result: QuestionResult): QuestionResult {
  const reviewReasons = lastingReasons(result);
  return { ...result, number, reviewReasons, needsReview: reviewReasons.length > 0 };
}

/**
 * The built-in grader costs nothing and judges topic and support by the whole rubric; a model is sent the changed criteria alone, as a question of their own,
 * whose mark nobody uses.
 */
function askFor(grader: Grader, request: GradeRequest, ids: readonly string[]): Promise<QuestionGrade> {
  const { question } = request;
  if (grader.kind === 'offline' || !question.rubric) return grader.grade(request);
  const criteria = question.rubric.criteria
    .filter(({ id }) => ids.includes(id))
    .map((criterion) => ({ ...criterion, group: null, requires: [], excludes: [] }));
  return grader.grade({ ...request, question: { ...question, rubric: { ...question.rubric, criteria, groups: [] } } });
}

function toResult(
  { criterionId, decision, points, fraction, evidence }: CriterionDecision,
  place: (span: Span) => Evidence[],
): CriterionResult {
  return { criterionId, decision, points, fraction, evidence: evidence.flatMap(place) };
}

/** Earlier sentences but those about criteria that changed or are gone, then the new ones. */
function mergeFeedback(before: Question, earlier: string, ids: readonly string[], after: Question, fresh: string): string {
  const left = new Set((after.rubric?.criteria ?? []).filter(({ id }) => !ids.includes(id)).map(({ id }) => id));
  const dropped = (before.rubric?.criteria ?? [])
    .filter(({ id }) => !left.has(id))
    .map(({ description }) => description.replace(/[.:]$/, ''));
  const kept = earlier.split('\n').filter((line) => !dropped.some((description) => line.startsWith(`${description}: `)));
  return [...kept, fresh].filter((part) => part !== '').join('\n');
}
