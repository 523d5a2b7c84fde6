import { normalise } from './normalise.ts';
import { type Token, tokenise } from './tokens.ts';
import { tolerantlyEqual } from './tolerant.ts';

/** A text prepared for comparison. */
export interface ComparableText {
  tokens: Token[];
  counts: Map<string, number>;
  grams: Map<string, number>;
  gramTotal: number;
}

/** Words and character 3- to 5-grams of a text, at most 20,000 characters of it. */
export function comparable(text: string, lang: string): ComparableText {
  const normalised = normalise(text.slice(0, 20_000));
  const { tokens } = tokenise(normalised, lang);
  const counts = new Map<string, number>();
  for (const { stem } of tokens) counts.set(stem, (counts.get(stem) ?? 0) + 1);
  const grams = new Map<string, number>();
  const joined = ` ${tokens.map((token) => token.word).join(' ')} `;
  let gramTotal = 0;
  for (let length = 3; length <= 5; length++) {
    for (let at = 0; at + length <= joined.length; at++) {
      const gram = joined.slice(at, at + length);
      grams.set(gram, (grams.get(gram) ?? 0) + 1);
      gramTotal++;
    }
  }
  return { tokens, counts, grams, gramTotal };
}

/**
 * How much of a model answer an answer covers, 0–1: (2 × √ character n-gram recall + √ word recall + token F1) / 4. Recall rather than
 * cosine, so that further words cost nothing. It cannot see contradiction and is not a mark: its scale differs from question to question.
 */
export function coverage(answer: ComparableText, model: ComparableText): number {
  if (model.tokens.length === 0 || answer.tokens.length === 0) return 0;
  return (2 * gramRecall(answer, model) + wordRecall(answer, model) + tokenF1(answer, model)) / 4;
}

/** Likeness of two answers, 0–1: cosine of their n-gram counts; 1 for the same words. */
export function likeness(a: ComparableText, b: ComparableText): number {
  let dot = 0;
  let aa = 0;
  let bb = 0;
  for (const [gram, count] of a.grams) {
    aa += count ** 2;
    dot += count * (b.grams.get(gram) ?? 0);
  }
  for (const count of b.grams.values()) bb += count ** 2;
  return aa === 0 || bb === 0 ? 0 : dot / Math.sqrt(aa * bb);
}

function gramRecall(answer: ComparableText, model: ComparableText): number {
  let covered = 0;
  for (const [gram, count] of model.grams) covered += Math.min(count, answer.grams.get(gram) ?? 0);
  return model.gramTotal === 0 ? 0 : Math.sqrt(covered / model.gramTotal);
}

function wordRecall(answer: ComparableText, model: ComparableText): number {
  const content = [...new Set(model.tokens.filter((token) => !token.isFunctionWord).map((token) => token.stem))];
  if (content.length === 0) return 0;
  const stems = [...answer.counts.keys()];
  const covered = content.filter((stem) => answer.counts.has(stem) || stems.some((other) => tolerantlyEqual(stem, other)));
  return Math.sqrt(covered.length / content.length);
}

function tokenF1(answer: ComparableText, model: ComparableText): number {
  let common = 0;
  for (const [stem, count] of model.counts) common += Math.min(count, answer.counts.get(stem) ?? 0);
  if (common === 0) return 0;
  const precision = common / answer.tokens.length;
  const recall = common / model.tokens.length;
  return (2 * precision * recall) / (precision + recall);
}
