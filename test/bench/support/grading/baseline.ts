import { distance } from 'fastest-levenshtein';
import { stemmer } from 'stemmer';
import type { FileRubric } from './data.ts';

/**
 * The reference that the grader is measured beside: the best simple scorer that is known without any training. Model answer: (2 × √ character n-gram recall + √ word recall +
 * token F1) / 4; rubric: points × share of keyword groups found by stem, prefix or tolerant equality; both: their mean.
 */
export function baselineScore(answer: string, modelAnswers: readonly string[], rubric: FileRubric | undefined): number {
  const words = wordsOf(answer);
  const mix = Math.max(0, ...modelAnswers.map((model) => mixOf(words, wordsOf(model))));
  return rubric ? (rubricOf(words, rubric) + mix) / 2 : mix;
}

const stop = new Set('a an the and or of in on at to from by for with is are was were be been it its this that these those as'.split(' '));

function wordsOf(text: string): string[] {
  const plain = text.normalize('NFKC').toLowerCase().replace(/[’‘`]/g, "'").replace(/n't\b/g, ' not');
  return plain.match(/[\p{L}\p{N}]+/gu) ?? [];
}

function equal(a: string, b: string): boolean {
  if (a === b) return true;
  if (Math.min(a.length, b.length) < 4 || /\d/.test(a + b)) return false;
  return Math.abs(a.length - b.length) <= 2 && distance(a, b) <= (Math.min(a.length, b.length) >= 9 ? 2 : 1);
}

function gramsOf(words: string[]): Map<string, number> {
  const joined = ` ${words.join(' ')} `;
  const grams = new Map<string, number>();
  for (let n = 3; n <= 5; n++)
    for (let i = 0; i + n <= joined.length; i++) grams.set(joined.slice(i, i + n), (grams.get(joined.slice(i, i + n)) ?? 0) + 1);
  return grams;
}

function mixOf(answer: string[], model: string[]): number {
  if (answer.length === 0 || model.length === 0) return 0;
  const have = gramsOf(answer);
  let covered = 0;
  let total = 0;
  for (const [gram, count] of gramsOf(model)) {
    covered += Math.min(count, have.get(gram) ?? 0);
    total += count;
  }
  const stems = answer.map(stemmer);
  const content = [...new Set(model.filter((word) => !stop.has(word)).map(stemmer))];
  const recall = content.filter((stem) => stems.some((other) => equal(stem, other))).length / Math.max(1, content.length);
  const left = [...stems];
  const common = model.map(stemmer).filter((stem) => left.includes(stem) && left.splice(left.indexOf(stem), 1)).length;
  return (2 * Math.sqrt(covered / total) + Math.sqrt(recall) + (2 * common) / (answer.length + model.length)) / 4;
}

function rubricOf(answer: string[], rubric: FileRubric): number {
  const stems = answer.map(stemmer);
  const hasWord = (key: string) =>
    answer.some((word, i) => equal(stemmer(key), stems[i] as string) || (key.length >= 4 && word.startsWith(key)));
  const points = rubric.criteria.map(({ points, match }) => {
    const found = match.groups.filter((group) => group.anyOf.some((phrase) => wordsOf(phrase).every(hasWord))).length;
    return points * Math.min(1, found / (match.minGroups ?? match.groups.length));
  });
  return Math.min(1, points.reduce((sum, value) => sum + value, 0) / rubric.maxPoints);
}
