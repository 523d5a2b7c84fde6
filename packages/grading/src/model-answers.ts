import type { Question } from '@gradeflow/contracts';
import { type ComparableText, comparable, coverage, likeness } from './text/similarity.ts';

const prepared = new WeakMap<Question, { models: ComparableText[]; exemplars: Array<{ text: ComparableText; fraction: number }> }>();

function prepare(question: Question) {
  let known = prepared.get(question);
  if (!known) {
    const models = question.modelAnswers.map((answer) => comparable(answer.text, question.lang));
    const exemplars = question.exemplars.map((exemplar) => ({
      text: comparable(exemplar.answer, question.lang),
      fraction: Math.min(Math.max(exemplar.score / question.maxScore, 0), 1),
    }));
    known = { models, exemplars };
    prepared.set(question, known);
  }
  return known;
}

/** Best coverage (0–1) of any model answer; null when there is none. */
export function bestCoverage(question: Question, answer: ComparableText): number | null {
  const { models } = prepare(question);
  return models.length === 0 ? null : Math.max(...models.map((model) => coverage(answer, model)));
}

export interface Suggestion {
  /** 0–1 of maxScore. */
  fraction: number;
  /** Likeness of the nearest exemplar, 0–1; 0 without exemplars. */
  nearest: number;
}

/**
 * What coverage and graded exemplars together suggest. Exemplars shift the prediction by their mean error, shrunk by k / (k + 2), and the nearest ones pull it
 * towards their marks by the square of their likeness. Null when there is nothing to compare with.
 */
export function suggestFraction(question: Question, answer: ComparableText): Suggestion | null {
  const { exemplars } = prepare(question);
  const covered = bestCoverage(question, answer);
  if (exemplars.length === 0) return covered === null ? null : { fraction: covered, nearest: 0 };
  const mean = exemplars.reduce((sum, exemplar) => sum + exemplar.fraction, 0) / exemplars.length;
  const errors = exemplars.map((exemplar) => exemplar.fraction - (bestCoverage(question, exemplar.text) ?? mean));
  const shrink = exemplars.length / (exemplars.length + 2);
  const offset = (errors.reduce((sum, error) => sum + error, 0) / errors.length) * shrink;
  const shifted = Math.min(Math.max((covered ?? mean) + offset, 0), 1);
  const near = exemplars
    .map((exemplar) => ({ fraction: exemplar.fraction, likeness: likeness(answer, exemplar.text) }))
    .sort((a, b) => b.likeness - a.likeness)
    .slice(0, 3);
  const weights = near.map((exemplar) => exemplar.likeness ** 4);
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  const nearest = near[0]?.likeness ?? 0;
  if (total === 0) return { fraction: shifted, nearest };
  const pulled = near.reduce((sum, exemplar, index) => sum + exemplar.fraction * (weights[index] ?? 0), 0) / total;
  const pull = nearest ** 2;
  return { fraction: shifted * (1 - pull) + pulled * pull, nearest };
}

/** The coarsest usual step on which all marks of the exemplars lie; hundredths where there are none. */
export function stepOfExemplars(question: Question): number {
  const fits = (step: number) => question.exemplars.every(({ score }) => Math.abs(score / step - Math.round(score / step)) < 1e-6);
  return question.exemplars.length === 0 ? 0.01 : ([1, 0.5, 0.25, 0.1, 0.05].find(fits) ?? 0.01);
}
