import type { Question } from '@gradeflow/contracts';
import type { Grader, SheetGrade } from '@gradeflow/grading';
import type { ReadDocument } from './read-document.ts';

/** Splits a read sheet into answers and grades them, as the server's worker does. `reviewBelow` is 0–1. */
export async function gradeDocument(
  document: ReadDocument,
  options: { questions: Question[]; grader: Grader; reviewBelow: number },
): Promise<SheetGrade> {
  const [{ segmentAnswers }, { gradeSheet }] = await Promise.all([import('@gradeflow/reading'), import('@gradeflow/grading')]);
  const segmentation = segmentAnswers(
    document.pages,
    options.questions.map((question) => question.number),
    { prompts: Object.fromEntries(options.questions.map((question) => [question.number, question.prompt])) },
  );
  return gradeSheet({ pages: document.pages, segmentation, ...options });
}
