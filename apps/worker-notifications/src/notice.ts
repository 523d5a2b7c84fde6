import type { NotificationEvent, Role } from '@gradeflow/contracts';
import type { Assessment, CurrentGrading, Submission } from '@gradeflow/database';

export interface Recipient {
  id: string;
  role: Role;
}

/** GRADED or NEEDS_REVIEW as the row says; while a further run is under way, as the grading itself says. */
export function eventOf(submission: Submission, grading: CurrentGrading): NotificationEvent {
  if (submission.status === 'GRADED') return 'submission.graded';
  const needsReview = submission.status === 'NEEDS_REVIEW' || grading.questions.some((question) => question.needsReview);
  return needsReview ? 'submission.needs_review' : 'submission.graded';
}

/**
 * Who is told, each once. Of a result: who uploaded the sheet and whose sheet it is, students only once results are released. Of a review: those who can
 * decide it, that is the uploader and the assessment's maker, never a student.
 */
export function recipientsOf(event: NotificationEvent, assessment: Assessment, concerned: Recipient[]): string[] {
  const released = assessment.release === 'IMMEDIATE' || assessment.releasedAt !== null;
  const told = concerned.filter(({ role }) => role !== 'STUDENT' || (event === 'submission.graded' && released));
  return [...new Set(told.map(({ id }) => id))];
}

/** One sentence. The sheet goes by its label or file name: names of students stay out of notices. */
export function textOf(event: NotificationEvent, submission: Submission, assessment: Assessment, grading: CurrentGrading): string {
  const sheet = `“${submission.label ?? submission.originalName}” in “${assessment.title}”`;
  const score = `${round(grading.score)} of ${round(grading.maxScore)}`;
  if (event === 'submission.graded') return `${sheet} was graded: ${score}.`;
  const open = grading.questions.filter((question) => question.needsReview).length;
  return `${sheet} needs review${open > 0 ? ` (${open} ${open === 1 ? 'question' : 'questions'})` : ''}; so far ${score}.`;
}

const round = (value: number) => Math.round(value * 100) / 100;
