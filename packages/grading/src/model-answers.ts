import type { Question } from '@gradeflow/contracts';
import { createExemplarModel, type ExemplarModel } from './exemplar-model.ts';
import { type ComparableText, comparable, coverage, type ModelText, modelText } from './text/similarity.ts';

const prepared = new WeakMap<Question, ModelText[]>();
const pointsInBrackets = /\(\s*\d+(?:[.,]\d+)?\s*(?:p|pts?|points?|punkte?|marks?)\.?\s*\)/giu;

/** The text of a model answer without the points that some teachers write into it, such as `(0.25 P)`. */
export function withoutPoints(modelAnswer: string): string {
  return modelAnswer.replace(pointsInBrackets, ' ');
}

/** Best coverage (0–1) of the model answers; null when there is none. */
export function bestCoverage(question: Question, answer: ComparableText): number | null {
  let models = prepared.get(question);
  if (!models) {
    const prompt = comparable(question.prompt, question.lang);
    models = question.modelAnswers.map(({ text }) => modelText(comparable(withoutPoints(text), question.lang), prompt));
    prepared.set(question, models);
  }
  return models.length === 0 ? null : coverage(answer, models);
}

/** Coverage on the scale of marks: half of a model answer is worth a little more than half of the points; nothing stays nothing. */
function markOfCoverage(covered: number): number {
  return 1 - (1 - covered) ** 1.3;
}

export interface Suggestion {
  /** 0–1 of maxScore. */
  fraction: number;
  /** Likeness of the nearest exemplar, 0–1; 0 without exemplars. */
  nearest: number;
}

/** What coverage and marked exemplars together suggest for a question without a rubric. Null when there is nothing to compare with. */
export function suggestFraction(question: Question, answer: ComparableText): Suggestion | null {
  const covered = bestCoverage(question, answer);
  const base = covered === null ? null : markOfCoverage(covered);
  if (question.exemplars.length === 0) return base === null ? null : { fraction: base, nearest: 0 };
  const meanMark = question.exemplars.reduce((sum, { score }) => sum + score / question.maxScore, 0) / question.exemplars.length;
  const baseOf = (text: ComparableText) => markOfCoverage(bestCoverage(question, text) ?? meanMark);
  const { correction, nearest } = exemplarModelOf(question, (_, text) => baseOf(text))(baseOf(answer), answer);
  return { fraction: Math.min(1, Math.max(0, baseOf(answer) + correction)), nearest };
}

const exemplarModels = new WeakMap<Question, ExemplarModel>();

/** The model of a question's exemplars, made once; `baseOf` says what the rules give an exemplar (0–1). */
export function exemplarModelOf(question: Question, baseOf: (answer: string, text: ComparableText) => number): ExemplarModel {
  let model = exemplarModels.get(question);
  if (!model) {
    const exemplars = question.exemplars.map(({ answer, score }) => {
      const text = comparable(answer, question.lang);
      return { text, base: baseOf(answer, text), fraction: Math.min(Math.max(score / question.maxScore, 0), 1) };
    });
    model = createExemplarModel(exemplars);
    exemplarModels.set(question, model);
  }
  return model;
}

/** The coarsest usual step on which all marks of the exemplars lie; hundredths where there are none. */
export function stepOfExemplars(question: Question): number {
  const fits = (step: number) => question.exemplars.every(({ score }) => Math.abs(score / step - Math.round(score / step)) < 1e-6);
  return question.exemplars.length === 0 ? 0.01 : ([1, 0.5, 0.25, 0.1, 0.05].find(fits) ?? 0.01);
}
