import type { Question, QuestionResult } from '@gradeflow/contracts';
import { createOfflineGrader } from '../offline-grader.ts';
import { type EarlierGrade, regradeQuestion } from './regrade-question.ts';

export interface PreviewedResult {
  /** The mark after the edit. */
  score: number;
  /** True when a model would be asked, in whose place the built-in grader answered. */
  isEstimated: boolean;
}

const offline = createOfflineGrader();

/**
 * What an edited question would give for an answer that a machine has graded, from what is stored alone. The text and its reading are taken as they are;
 * where the grader would be asked, the built-in one is, which for a model's grading is an estimate. `earlier.question`
 * null: the version that it was graded by is not known, so all of it is asked.
 */
export async function previewResult(
  after: Question,
  earlier: Omit<EarlierGrade, 'question'> & { question: Question | null },
  reviewBelow: number,
): Promise<PreviewedResult> {
  const { result, grader } = earlier;
  // Nothing was found on the sheet: no version of the question gives that points.
  if (result.answerText.trim() === '') return { score: 0, isEstimated: false };
  const request = { question: after, answer: result.answerText, reviewBelow };
  let asked = false;
  const counting = {
    kind: 'offline' as const,
    grade: (given: typeof request) => {
      asked = true;
      return offline.grade({ ...given, question: after });
    },
  };
  const { question } = earlier;
  const asOffline = question && { question, grader: 'offline' as const, result: withoutFault(result) };
  const kept = asOffline && (await regradeQuestion({ request, earlier: asOffline, grader: counting, place: () => [] }));
  const score = kept?.score ?? (await counting.grade(request)).score;
  return { score, isEstimated: asked && grader !== 'offline' };
}

/** That a model failed then is no reason to ask now: the built-in grader has answered in its place. */
function withoutFault(result: QuestionResult): QuestionResult {
  return { ...result, reviewReasons: result.reviewReasons.filter((reason) => reason !== 'MODEL_FAILED') };
}
