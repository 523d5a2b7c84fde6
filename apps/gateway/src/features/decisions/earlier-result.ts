import type { Question, QuestionResult } from '@gradeflow/contracts';
import type { CurrentResult, Grading } from '@gradeflow/database';

/**
 * What an earlier grading said about the question of `current`, as it counts today: the machine's latest under the threshold of today, any other at most at what the
 * question is worth now. Null when that grading was not about this question.
 */
export function resultToday(
  grading: Grading,
  current: CurrentResult,
  { question, reviewBelow }: { question: Question | undefined; reviewBelow: number },
): QuestionResult | null {
  const earlier = grading.questions.find(({ questionId }) => questionId === current.questionId);
  if (!earlier) return null;
  return grading.id === current.machineGradingId ? judgedBy(earlier, reviewBelow) : atWorthOf(question, earlier);
}

/** A machine's result under the threshold of today, which may be above the one it was graded under. */
function judgedBy(result: QuestionResult, reviewBelow: number): QuestionResult {
  if (result.confidence >= reviewBelow || result.reviewReasons.includes('LOW_CONFIDENCE')) return result;
  return { ...result, needsReview: true, reviewReasons: [...result.reviewReasons, 'LOW_CONFIDENCE'] };
}

/** A person's earlier mark of a question whose worth has changed since: never more than it is worth now. */
function atWorthOf(question: Question | undefined, result: QuestionResult): QuestionResult {
  if (!question) return result;
  return { ...result, number: question.number, maxScore: question.maxScore, score: Math.min(result.score, question.maxScore) };
}
