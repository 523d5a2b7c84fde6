import type { AnswerView } from '@gradeflow/contracts';
import type { Answer } from '@gradeflow/database';

export function presentAnswer({ submissionId, gradingId, label, state, decidedBy, result }: Answer): AnswerView {
  const { score, maxScore, confidence, reviewReasons, answerText, feedback, regions, criteria } = result;
  const mark = { score, maxScore, confidence, reasons: reviewReasons };
  return { submissionId, gradingId, label, state, ...mark, answerText, feedback, regions, criteria, decidedBy };
}
