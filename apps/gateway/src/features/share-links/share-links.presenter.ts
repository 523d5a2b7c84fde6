import type { SharedResult } from '@gradeflow/contracts';
import type { SharedParts } from './share-links.service.ts';

/** Marks, answers and feedback. The label is left out with the names, since schools write names into labels. */
export function presentShared({ link, title, grading }: SharedParts): SharedResult {
  return {
    title,
    score: grading.score,
    maxScore: grading.maxScore,
    gradedAt: grading.createdAt.toISOString(),
    questions: grading.questions.map(({ number, score, maxScore, answerText, feedback }) => ({
      ...{ number, score, maxScore, answerText, feedback },
    })),
    expiresAt: link.expiresAt.toISOString(),
  };
}
