import type { Question } from '@gradeflow/contracts';
import type { Database, Submission } from '@gradeflow/database';
import type { SheetCorrection } from '@gradeflow/reading';

/** What one run of a submission grades, and by what. */
export interface RunPlan {
  /** All of the list that it is graded by; how a sheet is split depends on all of them. */
  questions: Question[];
  rubricVersion: number;
  /** Those that are graded. */
  graded: Question[];
  /** After corrections of single answers: the other questions stay as they are. */
  isPart: boolean;
  /** Oldest first. */
  corrections: SheetCorrection[];
}

/**
 * A run after a correction grades the corrected questions alone, by the questions that the sheet was last graded by: a correction brings in no edit of the rubric by the way.
 * Every other run grades all questions as they are now. What people have corrected holds for both.
 */
export async function planRun(
  { assessments, gradings, corrections }: Pick<Database, 'assessments' | 'gradings' | 'corrections'>,
  { id, assessmentId }: Submission,
): Promise<RunPlan> {
  const only = await corrections.findScope(id);
  const latest = only.length > 0 ? (await gradings.list(id)).find(({ grader }) => grader !== 'human') : undefined;
  const version = (await assessments.findQuestions(assessmentId, latest?.rubricVersion)) ?? { questions: [], rubricVersion: 0 };
  const numbers = new Map(version.questions.map((question) => [question.id, question.number]));
  return {
    ...version,
    graded: latest ? version.questions.filter((question) => only.includes(question.id)) : version.questions,
    isPart: latest !== undefined,
    corrections: (await corrections.list(id)).map(({ questionId, change }) => ({ number: numbers.get(questionId) ?? null, change })),
  };
}
