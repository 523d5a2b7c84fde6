import type { Database, Grading, Submission } from '@gradeflow/database';
import type { EarlierGrade } from '@gradeflow/grading';

type Data = Pick<Database, 'gradings' | 'assessments'>;

/**
 * What the machine has decided about a submission before, by question id, each with the version of the question it was decided by: a regrade keeps of it what the
 * edits since then have left as it was. A grading after a correction holds a few questions only; the others come from earlier ones. Empty at the first grading.
 */
export async function findEarlierGrades(database: Data, { id, assessmentId, run }: Submission): Promise<Map<string, EarlierGrade>> {
  const grades = new Map<string, EarlierGrade>();
  if (run === 1) return grades;
  const machines = (await database.gradings.list(id)).filter(({ grader }) => grader !== 'human');
  for (const grading of machines) {
    const isNew = grading.questions.some(({ questionId }) => !grades.has(questionId));
    if (isNew)
      for (const [questionId, grade] of await gradesOf(database, assessmentId, grading))
        if (!grades.has(questionId)) grades.set(questionId, grade);
  }
  return grades;
}

async function gradesOf({ assessments }: Data, assessmentId: string, grading: Grading): Promise<Array<[string, EarlierGrade]>> {
  const version = await assessments.findQuestions(assessmentId, grading.rubricVersion);
  const questions = new Map(version?.questions.map((question) => [question.id, question]));
  return grading.questions.flatMap((result): Array<[string, EarlierGrade]> => {
    const question = questions.get(result.questionId);
    return question ? [[result.questionId, { question, result, grader: grading.grader }]] : [];
  });
}
