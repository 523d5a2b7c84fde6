import type { AgreementView, AnswerListQuery } from '@gradeflow/contracts';
import type { AnswerRepository, Assessment, Database } from '@gradeflow/database';
import { NotFoundError } from '@gradeflow/errors';
import { criterionAgreement, markAgreement } from '@gradeflow/grading';

export interface AnswerService {
  /** Answers of all sheets to one question. Throws NotFoundError QUESTION_NOT_FOUND. */
  list(assessment: Assessment, questionId: string, query: AnswerListQuery): ReturnType<AnswerRepository['list']>;
  /** How far machine and people agree, per question and criterion of the current rubric. */
  agreement(assessment: Assessment): Promise<AgreementView>;
}

export function createAnswerService({ database }: { database: Database }): AnswerService {
  const questionsOf = async ({ id }: Assessment) => (await database.assessments.findQuestions(id))?.questions ?? [];
  return {
    list: async (assessment, questionId, query) => {
      if (!(await questionsOf(assessment)).some(({ id }) => id === questionId))
        throw new NotFoundError({ code: 'QUESTION_NOT_FOUND', detail: 'The assessment has no such question.' });
      return database.answers.list({ ...query, assessmentId: assessment.id, questionId });
    },

    agreement: async (assessment) => {
      const [questions, judged] = await Promise.all([questionsOf(assessment), database.answers.listJudgedTwice(assessment.id)]);
      const byQuestion = Map.groupBy(judged, ({ questionId }) => questionId);
      return {
        overall: markAgreement(judged, 'share'),
        questions: questions.map(({ id, number, rubric }) => {
          const pairs = byQuestion.get(id) ?? [];
          return {
            ...{ questionId: id, number, ...markAgreement(pairs), sampled: pairs.filter(({ sampled }) => sampled).length },
            criteria: (rubric?.criteria ?? []).map((criterion) => ({
              criterionId: criterion.id,
              description: criterion.description,
              ...criterionAgreement(pairs, criterion.id),
            })),
          };
        }),
      };
    },
  };
}
