import { normalise } from './normalise.ts';
import { respell } from './respell.ts';
import { type Token, tokenise } from './tokens.ts';
import { createWordFinder, type WordFinder } from './word-finder.ts';

/** A text prepared for comparison. */
export interface ComparableText {
  tokens: Token[];
  counts: Map<string, number>;
  /** Stems that carry content, each once. */
  content: string[];
  grams: Map<string, number>;
  gramTotal: number;
  hasNegation: boolean;
  /** Finds words of this text that are like a given one. */
  find: WordFinder;
}

const negations = new Set('not no never none without cannot nothing neither nor nicht kein keine keinen nie niemals ohne'.split(' '));
/** What a word counts that the question itself has already said. Words of the question are no achievement, but an answer without them is rare. */
const saidInQuestion = 0.3;

/** Words and character 3- to 5-grams of a text, at most 20,000 characters of it. */
export function comparable(text: string, lang: string, vocabulary?: ReadonlySet<string>): ComparableText {
  const given = tokenise(normalise(text.slice(0, 20_000)), lang).tokens;
  const tokens = vocabulary ? respell(given, vocabulary, lang) : given;
  const counts = new Map<string, number>();
  for (const { stem } of tokens) counts.set(stem, (counts.get(stem) ?? 0) + 1);
  const grams = new Map<string, number>();
  let gramTotal = 0;
  for (const { gram } of gramsOf(tokens)) {
    grams.set(gram, (grams.get(gram) ?? 0) + 1);
    gramTotal++;
  }
  const content = [...new Set(tokens.filter((token) => !token.isFunctionWord).map((token) => token.stem))];
  const hasNegation = tokens.some((token) => negations.has(token.word));
  return { tokens, counts, content, grams, gramTotal, hasNegation, find: createWordFinder([...counts.keys()]) };
}

/** The 3- to 5-grams of the words joined by blanks, each with where it begins in the joined text. */
function* gramsOf(tokens: readonly Token[]): Generator<{ gram: string; from: number }> {
  const joined = ` ${tokens.map((token) => token.word).join(' ')} `;
  for (let length = 3; length <= 5; length++) {
    for (let from = 0; from + length <= joined.length; from++) yield { gram: joined.slice(from, from + length), from };
  }
}

/** A model answer beside its question: what each n-gram and each word of it weighs. */
export interface ModelText {
  text: ComparableText;
  said: ReadonlySet<string>;
  /** Each n-gram in order, with a weight of less than 1 where it lies in words of the question. */
  grams: Array<{ gram: string; weight: number }>;
  /** How much small coverage is raised: short model answers are expected nearly whole, of long ones a part is already a good answer. */
  power: number;
}

/** Prepares a model answer (or any statement to be covered) for `coverage`; `question` is the question's text, prepared. */
export function modelText(text: ComparableText, question: ComparableText | null): ModelText {
  const said = new Set(question?.counts.keys() ?? []);
  const weights = [0.5];
  for (const token of text.tokens) {
    for (let i = 0; i < token.word.length; i++) weights.push(said.has(token.stem) ? saidInQuestion : 1);
    weights.push(0.5);
  }
  const sums = [0];
  for (const weight of weights) sums.push((sums.at(-1) as number) + weight);
  const grams: ModelText['grams'] = [];
  for (const { gram, from } of gramsOf(text.tokens)) {
    const weight = ((sums[from + gram.length] as number) - (sums[from] as number)) / gram.length;
    grams.push({ gram, weight });
  }
  return { text, said, grams, power: powerFor(text.content.length) };
}

/** ¾ up to about six content words, ½ from about sixteen. */
function powerFor(contentWords: number): number {
  const place = (Math.log(1 + contentWords) - Math.log(7)) / (Math.log(31) - Math.log(7));
  return Math.min(0.75, Math.max(0.5, 1 - 0.5 * place));
}

/**
 * How much of the model answers an answer covers, 0–1: the mean of n-gram recall, the same with the question's own words counting less, twice the recall of
 * content words (tolerant, with credit for words that share most of their letters), and token F1, each against the model answer that serves it best; 0.03 less when the answer negates and
 * none of them does, or the other way round. Recall rather than cosine, so that further words cost little. It cannot see contradiction and is not a mark: its scale differs from
 * question to question.
 */
export function coverage(answer: ComparableText, models: readonly ModelText[]): number {
  if (answer.tokens.length === 0) return 0;
  const best = { grams: 0, weightedGrams: 0, words: 0, f1: 0 };
  for (const model of models) {
    best.grams = Math.max(best.grams, gramRecall(answer, model.text) ** model.power);
    best.weightedGrams = Math.max(best.weightedGrams, weightedGramRecall(answer, model) ** model.power);
    best.words = Math.max(best.words, wordRecall(answer, model.text.content, model.said) ** model.power);
    best.f1 = Math.max(best.f1, tokenF1(answer, model));
  }
  const mean = (best.grams + best.weightedGrams + 2 * best.words + best.f1) / 5;
  const negatesAlike = models.some((model) => model.text.hasNegation === answer.hasNegation);
  return Math.max(0, mean - (negatesAlike ? 0 : 0.03));
}

/** How much two answers say the same, 0–1: the mean of what each covers of the other. */
export function mutualCoverage(a: ModelText, b: ModelText): number {
  return (coverage(a.text, [b]) + coverage(b.text, [a])) / 2;
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

/** Share (0–1) of the given content stems that an answer has, by likeness of the words; those in `said` weigh less. */
export function wordRecall(answer: Pick<ComparableText, 'find'>, content: readonly string[], said: ReadonlySet<string>): number {
  let found = 0;
  let total = 0;
  for (const stem of content) {
    const weight = said.has(stem) ? saidInQuestion : 1;
    total += weight;
    found += weight * answer.find(stem).likeness;
  }
  return total === 0 ? 0 : found / total;
}

function gramRecall(answer: ComparableText, model: ComparableText): number {
  let covered = 0;
  for (const [gram, count] of model.grams) covered += Math.min(count, answer.grams.get(gram) ?? 0);
  return model.gramTotal === 0 ? 0 : covered / model.gramTotal;
}

function weightedGramRecall(answer: ComparableText, model: ModelText): number {
  let covered = 0;
  let total = 0;
  for (const { gram, weight } of model.grams) {
    total += weight;
    if (answer.grams.has(gram)) covered += weight;
  }
  return total === 0 ? 0 : covered / total;
}

function tokenF1(answer: ComparableText, { text: model, said }: ModelText): number {
  const weigh = (stem: string) => (said.has(stem) ? saidInQuestion : 1);
  let common = 0;
  let both = 0;
  for (const [stem, count] of model.counts) {
    common += weigh(stem) * Math.min(count, answer.counts.get(stem) ?? 0);
    both += weigh(stem) * count;
  }
  for (const [stem, count] of answer.counts) both += weigh(stem) * count;
  return both === 0 ? 0 : (2 * common) / both;
}
