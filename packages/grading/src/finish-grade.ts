import type { ReviewReason } from '@gradeflow/contracts';
import type { CriterionDecision, GradeRequest, QuestionGrade } from './types.ts';

export interface GradeDraft {
  score: number;
  criteria: CriterionDecision[];
  confidence: number;
  reasons: Set<ReviewReason>;
  notes: string[];
  grader: QuestionGrade['grader'];
}

/**
 * Turns a draft into the grade: any reason, an UNCLEAR criterion or a confidence below `reviewBelow` asks for review. The feedback says for each
 * criterion what was decided and why; it never quotes a model answer.
 */
export function finishGrade(request: GradeRequest, draft: GradeDraft): QuestionGrade {
  const { question, reviewBelow } = request;
  const confidence = Math.round(Math.min(Math.max(draft.confidence, 0), 1) * 1000) / 1000;
  const isUnclear = draft.criteria.some((criterion) => criterion.decision === 'UNCLEAR');
  if (confidence < reviewBelow) draft.reasons.add('LOW_CONFIDENCE');
  const reviewReasons = [...draft.reasons];
  if (isUnclear && reviewReasons.length === 0) reviewReasons.push('LOW_CONFIDENCE');
  const descriptions = new Map((question.rubric?.criteria ?? []).map((criterion) => [criterion.id, criterion.description]));
  const lines = draft.criteria.map(
    (criterion) => `${(descriptions.get(criterion.criterionId) ?? criterion.criterionId).replace(/[.:]$/, '')}: ${criterion.reason}`,
  );
  return {
    score: draft.score,
    maxScore: question.maxScore,
    confidence,
    needsReview: reviewReasons.length > 0,
    reviewReasons,
    criteria: draft.criteria,
    feedback: [...draft.notes, ...lines].join('\n'),
    grader: draft.grader,
  };
}
