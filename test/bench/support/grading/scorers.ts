import type { Question } from '@gradeflow/contracts';
import { gradeOffline, parseScoreLine, type QuestionGrade } from '@gradeflow/grading';
import type { Marked } from './agreement-figures.ts';
import { baselineScore } from './baseline.ts';
import type { GradingData, MarkedAnswer } from './data.ts';

export interface Exemplar {
  answer: string;
  score: number;
}

export interface Scorers {
  question(row: MarkedAnswer, exemplars?: Exemplar[]): Question;
  grade(row: MarkedAnswer, answer?: string, question?: Question): QuestionGrade;
  baseline(row: MarkedAnswer, answer?: string): number;
  marked(row: MarkedAnswer, machine: number): Marked;
}

/** The grader as `gradeflow score` runs it, and the reference, on rows of the data set. Every question is read once. */
export function createScorers(data: GradingData): Scorers {
  const questions = new Map<string, Question>();
  const rubricOf = (row: MarkedAnswer) => (row.rubricRef ? data.rubrics[row.rubricRef] : undefined);
  const read = (row: MarkedAnswer, exemplars?: Exemplar[]) => {
    const rubric = rubricOf(row);
    return parseScoreLine({ ...row, ...(rubric ? { rubric } : {}), ...(exemplars ? { exemplars } : {}) }).question;
  };
  const question: Scorers['question'] = (row, exemplars) => {
    if (exemplars) return read(row, exemplars);
    const key = `${row.dataset} ${row.questionId}`;
    const known = questions.get(key) ?? read(row);
    questions.set(key, known);
    return known;
  };
  return {
    question,
    grade: (row, answer = row.answer, by = question(row)) => gradeOffline({ question: by, answer, reviewBelow: 0.8 }),
    baseline: (row, answer = row.answer) => baselineScore(answer, row.modelAnswers ?? [row.modelAnswer], rubricOf(row)),
    marked: ({ dataset, questionId, rubricRef, humanScore, maxScore }, machine) => ({
      dataset,
      questionId,
      hasRubric: rubricRef !== undefined,
      machine,
      human: humanScore / maxScore,
    }),
  };
}
