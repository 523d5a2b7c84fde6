import { createHash } from 'node:crypto';
import type { QuestionResult } from '@gradeflow/contracts';

/**
 * Marks a share (0–1) of the questions that nobody would look at for review, as a standing check of the machine. Which ones follows from the hash of submission
 * and question: the same sheet is always sampled the same way.
 */
export function sampleForReview(submissionId: string, questions: readonly QuestionResult[], share: number): QuestionResult[] {
  return questions.map((question) => {
    if (question.needsReview || drawOf(submissionId, question.questionId) >= share) return question;
    return { ...question, needsReview: true, reviewReasons: [...question.reviewReasons, 'SAMPLED'] };
  });
}

function drawOf(submissionId: string, questionId: string): number {
  const hash = createHash('sha256').update(`${submissionId}:${questionId}`).digest();
  return hash.readUIntBE(0, 6) / 2 ** 48;
}
