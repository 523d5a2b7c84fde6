import type { NotificationEvent, Role } from '@gradeflow/contracts';
import { type Assessment, type CurrentGrading, gradedText, hidesNames, inWords, type Submission, sheetInWords } from '@gradeflow/database';

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

/** Whose sheet it is counts, not who uploaded it: a teacher may have given it to somebody else since. */
export const ownerOf = ({ studentId, createdBy }: Pick<Submission, 'studentId' | 'createdBy'>): string => studentId ?? createdBy;

/**
 * Who is told, each once. Of a result: who uploaded the sheet and whose sheet it is, of students the latter alone and only once results are released. Of a review: those who can
 * decide it, that is the uploader and the assessment's maker, never a student.
 */
export function recipientsOf(
  event: NotificationEvent,
  assessment: Assessment,
  submission: Submission,
  concerned: Recipient[],
): Recipient[] {
  const released = assessment.release === 'IMMEDIATE' || assessment.releasedAt !== null;
  const told = concerned.filter(
    ({ id, role }) => role !== 'STUDENT' || (event === 'submission.graded' && released && id === ownerOf(submission)),
  );
  return [...new Map(told.map((person) => [person.id, person])).values()];
}

/** One sentence. The sheet goes by its label or file name: names of students stay out of notices. Under anonymous marking only its student knows it by these. */
export function textOf(
  event: NotificationEvent,
  { submission, assessment, grading }: { submission: Submission; assessment: Assessment; grading: CurrentGrading },
  { role }: Recipient,
): string {
  const sheet = sheetInWords(submission, assessment.title, hidesNames(assessment) && role !== 'STUDENT');
  if (event === 'submission.graded') return gradedText(sheet, grading);
  const open = grading.questions.filter((question) => question.needsReview).length;
  const questions = open > 0 ? ` (${open} ${open === 1 ? 'question' : 'questions'})` : '';
  return `${sheet} needs review${questions}; so far ${inWords(grading.score)} of ${inWords(grading.maxScore)}.`;
}
