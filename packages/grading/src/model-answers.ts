import type { Question } from '@gradeflow/contracts';
import { createExemplarModel, type ExemplarModel, type RuledText } from './exemplar-model.ts';
import { vocabularyOf } from './gates/on-topic.ts';
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
    models = question.modelAnswers.map(({ text }) => besideQuestion(question, comparable(withoutPoints(text), question.lang)));
    prepared.set(question, models);
  }
  return models.length === 0 ? null : coverage(answer, models);
}

/** A text to be compared with the question's, its misread words written as there. */
export function writtenBeside(question: Question, text: string): ComparableText {
  return comparable(text, question.lang, vocabularyOf(question));
}

const prompts = new WeakMap<Question, ComparableText>();

/** A text as something to be covered by others, with the question's own words counting less. */
export function besideQuestion(question: Question, text: ComparableText): ModelText {
  const prompt = prompts.get(question) ?? comparable(question.prompt, question.lang);
  prompts.set(question, prompt);
  return modelText(text, prompt);
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

/**
 * What coverage and marked exemplars together suggest for a question without a rubric; exemplars raise nothing unless `mayRise`, so that a lenient teacher's marks do not lift an answer that addresses
 * the grader. Null when there is nothing to compare with.
 */
export function suggestFraction(question: Question, answer: ComparableText, mayRise: boolean): Suggestion | null {
  const covered = bestCoverage(question, answer);
  const base = covered === null ? null : markOfCoverage(covered);
  if (question.exemplars.length === 0) return base === null ? null : { fraction: base, nearest: 0 };
  const meanMark = question.exemplars.reduce((sum, { score }) => sum + score / question.maxScore, 0) / question.exemplars.length;
  const baseOf = (text: ComparableText) => markOfCoverage(bestCoverage(question, text) ?? meanMark);
  const ruled = { text: besideQuestion(question, answer), base: baseOf(answer), criteria: [] };
  const { correction, nearest } = exemplarModelOf(question, (_, text) => ({ base: baseOf(text), criteria: [] }))(ruled);
  const highest = mayRise ? 1 : (base ?? 0);
  return { fraction: Math.min(highest, Math.max(0, ruled.base + correction)), nearest };
}

const exemplarModels = new WeakMap<Question, ExemplarModel>();

/** The model of a question's exemplars, made once; `rule` says what the rules give an exemplar. */
export function exemplarModelOf(
  question: Question,
  rule: (answer: string, text: ComparableText) => Pick<RuledText, 'base' | 'criteria'>,
): ExemplarModel {
  let model = exemplarModels.get(question);
  if (!model) {
    const exemplars = question.exemplars.map(({ answer, score }) => {
      const text = writtenBeside(question, answer);
      return { text: besideQuestion(question, text), ...rule(answer, text), fraction: Math.min(Math.max(score / question.maxScore, 0), 1) };
    });
    model = createExemplarModel(
      exemplars,
      (question.rubric?.criteria ?? []).map(({ points }) => Math.max(0, points) / question.maxScore),
    );
    exemplarModels.set(question, model);
  }
  return model;
}

/** The coarsest usual step on which all marks of the exemplars lie; hundredths where there are none. */
export function stepOfExemplars(question: Question): number {
  const fits = (step: number) => question.exemplars.every(({ score }) => Math.abs(score / step - Math.round(score / step)) < 1e-6);
  return question.exemplars.length === 0 ? 0.01 : ([1, 0.5, 0.25, 0.1, 0.05].find(fits) ?? 0.01);
}
