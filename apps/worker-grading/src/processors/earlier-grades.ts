import type { Database, Submission } from '@gradeflow/database';
import type { EarlierGrade } from '@gradeflow/grading';

/**
 * What the machine has decided about a submission before, by question id, each with the version of the question it was decided by: a regrade keeps of it what the
 * edits since then have left as it was. Empty at the first grading.
 */
export async function findEarlierGrades(
  { gradings, assessments }: Pick<Database, 'gradings' | 'assessments'>,
  { id, assessmentId, run }: Submission,
): Promise<Map<string, EarlierGrade>> {
  if (run === 1) return new Map();
  const latest = (await gradings.list(id)).find(({ grader }) => grader !== 'human');
  const version = latest && (await assessments.findQuestions(assessmentId, latest.rubricVersion));
  if (!latest || !version) return new Map();
  const questions = new Map(version.questions.map((question) => [question.id, question]));
  return new Map(
    latest.questions.flatMap((result) => {
      const question = questions.get(result.questionId);
      return question ? [[result.questionId, { question, result, grader: latest.grader }] as const] : [];
    }),
  );
}
