import type { Criterion, ReviewReason, Rubric } from '@gradeflow/contracts';
import { finishGrade } from '../finish-grade.ts';
import { isKeywordList } from '../gates/on-topic.ts';
import { scoreCriteria } from '../scoring.ts';
import { maxGradedCharacters, prepareAnswer } from '../text/answer-text.ts';
import type { CriterionDecision, GradeRequest, QuestionGrade } from '../types.ts';
import type { Opinion } from './ask-model.ts';
import { judgeVerdict } from './verdict.ts';

/** One opinion as a mark. */
interface Marked {
  criteria: CriterionDecision[];
  score: number;
  reviewReasons: ReviewReason[];
}

export interface Combining {
  request: GradeRequest;
  rubric: Rubric;
  /** Criteria that the model was asked about; the rules decide the others. */
  asked: readonly Criterion[];
  offline: QuestionGrade;
}

/**
 * The model's decisions where it was asked, the rules' elsewhere; points by `scoreCriteria`. Of two opinions the one with the lower mark counts, and when they decide differently `onDisagreement` sends the answer to a
 * person. A large difference from the rules does so too.
 */
export function combine(combining: Combining, opinions: readonly [Opinion, ...Opinion[]], onDisagreement: ReviewReason): QuestionGrade {
  const { request, rubric, offline } = combining;
  const { question, answer } = request;
  const marked = opinions.map((opinion) => markOf(combining, opinion));
  // The last one has seen least: it stands when the marks are equal.
  const lowest = marked.reduce((best, other) => (other.score <= best.score ? other : best));
  const reasons = new Set<ReviewReason>(lowest.reviewReasons);
  if (marked.some((other) => !decideAlike(other, lowest))) reasons.add(onDisagreement);
  for (const reason of offline.reviewReasons)
    if (reason === 'OCR_UNCERTAIN' || reason === 'OFF_TOPIC' || reason === 'INJECTION_SUSPECTED') reasons.add(reason);
  if (isKeywordList(prepareAnswer(answer, question.lang))) reasons.add('KEYWORD_LIST');
  if (answer.length > maxGradedCharacters) reasons.add('LOW_CONFIDENCE');
  const confidence = Math.min(...lowest.criteria.map((decision) => decision.confidence));
  const isComparable = question.rubric !== null && offline.criteria.every(({ decision }) => decision !== 'UNCLEAR');
  if (isComparable && Math.abs(offline.score - lowest.score) > rubric.step + 1e-9) reasons.add('LOW_CONFIDENCE');
  return finishGrade(request, { score: lowest.score, criteria: lowest.criteria, confidence, reasons, notes: [], grader: 'openai' });
}

function markOf({ request, rubric, asked, offline }: Combining, { sent, verdicts }: Opinion): Marked {
  const judged = new Map(
    asked.flatMap((criterion) => {
      const said = verdicts.get(criterion.id);
      return said ? [[criterion.id, judgeVerdict(criterion, said.verdict, { request, sent, reason: said.reason })] as const] : [];
    }),
  );
  const byRule = new Map(offline.criteria.map((decision) => [decision.criterionId, decision]));
  const decisions = rubric.criteria.map(({ id }) => judged.get(id)?.decision ?? (byRule.get(id) as CriterionDecision));
  const scored = scoreCriteria(rubric, decisions, request.question.maxScore);
  return {
    criteria: decisions.map((decision) => ({ ...decision, points: scored.points.get(decision.criterionId) ?? 0 })),
    score: scored.score,
    reviewReasons: [...judged.values()].flatMap(({ reviewReasons }) => reviewReasons),
  };
}

function decideAlike(a: Marked, b: Marked): boolean {
  return a.criteria.every(({ decision }, index) => decision === b.criteria[index]?.decision);
}
