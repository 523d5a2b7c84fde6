import type { Question } from '@gradeflow/contracts';
import type { AnswerText } from '../text/answer-text.ts';
import { functionWordsOf } from '../text/function-words.ts';
import { respell } from '../text/respell.ts';
import { type Token, tokenise } from '../text/tokens.ts';
import { createWordFinder, type WordFinder } from '../text/word-finder.ts';

const minContentWords = 4;
const minSharedStems = 2;
/** Words are shared from here on: equal, misread, or of one family (three quarters of their letter pairs). */
const alike = 0.5;
const references = new WeakMap<Question, string[]>();

/** Model answers, what the rubric looks for, and examples that a teacher marked well. */
function referenceTexts(question: Question): string[] {
  const texts = question.modelAnswers.map((answer) => answer.text);
  for (const match of (question.rubric?.criteria ?? []).flatMap((criterion) => criterion.match)) {
    if (match.type === 'keywords') texts.push(...match.groups.flatMap((group) => group.anyOf));
    else if (match.type === 'text') texts.push(...match.anyOf);
    else if (match.type === 'meaning') texts.push(match.statement, ...match.examples);
  }
  for (const { answer, score } of question.exemplars) if (score >= 0.5 * question.maxScore) texts.push(answer);
  return texts;
}

/** Content stems of the reference texts. */
function referenceStems(question: Question): string[] {
  let stems = references.get(question);
  if (!stems) {
    const content = referenceTexts(question).flatMap((text) =>
      tokenise(text, question.lang).tokens.filter((token) => !token.isFunctionWord),
    );
    stems = [...new Set(content.map((token) => token.stem))];
    references.set(question, stems);
  }
  return stems;
}

/**
 * True for an answer of at least four content words that shares fewer than two distinct stems with model answers and rubric (without a rubric also with the
 * question). It means a person's look and no automatic mark: about one honest answer in fifteen is held back. False where there is nothing to compare with.
 */
export function isOffTopic(question: Question, answer: AnswerText): boolean {
  const reference = question.rubric ? referenceStems(question) : [...new Set([...referenceStems(question), ...promptStems(question)])];
  if (reference.length < minSharedStems) return false;
  const tokens = writtenAsAsked(question, answer.tokens);
  const content = [...new Set(tokens.filter((token) => !token.isFunctionWord).map((token) => token.stem))];
  if (content.length < minContentWords) return false;
  return sharedStems(reference, content, minSharedStems) < minSharedStems;
}

/** True when an answer, however short, has nothing in common with what it is compared to. */
export function sharesNothing(question: Question, answer: AnswerText): boolean {
  const reference = [...referenceStems(question), ...promptStems(question)];
  const stems = answer.tokens.map((token) => token.stem);
  return reference.length > 0 && sharedStems(reference, stems, 1) === 0;
}

function promptStems(question: Question): string[] {
  const content = tokenise(question.prompt, question.lang).tokens.filter((token) => !token.isFunctionWord);
  return [...new Set(content.map((token) => token.stem))];
}

function sharedStems(reference: readonly string[], stems: readonly string[], enough: number): number {
  const find = createWordFinder(stems);
  let shared = 0;
  for (const stem of reference) {
    const isShared = find(stem).likeness >= alike || (stem.length >= 4 && stems.some((other) => other.startsWith(stem)));
    if (isShared && ++shared >= enough) return shared;
  }
  return shared;
}

/** True for six words or more of which fewer than a tenth carry grammar: key words in a row instead of sentences. */
export function isKeywordList(answer: AnswerText): boolean {
  if (functionWordsOf(answer.lang) === null) return false;
  const words = answer.tokens.filter((token) => !token.isNumber);
  return words.length >= 6 && words.filter((token) => token.isFunctionWord).length < 0.1 * words.length;
}

const topics = new WeakMap<Question, ReadonlySet<string>>();

/** The words, lower case, of a question's text, model answers and rubric: what an answer may speak of. */
export function topicWords(question: Question): ReadonlySet<string> {
  let words = topics.get(question);
  if (!words) {
    const texts = [question.prompt, ...referenceTexts(question)];
    words = new Set(texts.flatMap((text) => tokenise(text, question.lang).tokens.map((token) => token.word)));
    topics.set(question, words);
  }
  return words;
}

const vocabularies = new WeakMap<Question, ReadonlySet<string>>();

/** The words that misread ones of an answer may stand for: the question's, and those of grammar. */
export function vocabularyOf(question: Question): ReadonlySet<string> {
  let vocabulary = vocabularies.get(question);
  if (!vocabulary) {
    vocabulary = new Set([...topicWords(question), ...(functionWordsOf(question.lang) ?? [])]);
    vocabularies.set(question, vocabulary);
  }
  return vocabulary;
}

function writtenAsAsked(question: Question, tokens: readonly Token[]): Token[] {
  return respell(tokens, vocabularyOf(question), question.lang);
}

/** The part of an answer that is about the question. */
export interface Relevant {
  /** Its words, written as in the question where they are misread, with their places in the answer's normalised text. */
  words: Token[];
  text: string;
  find: WordFinder;
}

const finders = new WeakMap<Question, WordFinder>();

/**
 * The sentences of an answer that are about the question, so that what is added to an answer without answering raises no coverage: sentences of four content words or more must
 * share one of them with model answers, rubric or question, two under `strictly`, where shorter ones must share one.
 */
export function relevantPart(question: Question, answer: AnswerText, strictly: boolean): Relevant {
  const words: Token[] = [];
  let text = '';
  for (const [first, end] of sentences(answer)) {
    const tokens = writtenAsAsked(question, answer.tokens.slice(first, end));
    if (!isAbout(question, tokens, strictly ? { short: 1, long: 2 } : { short: 0, long: 1 })) continue;
    words.push(...tokens);
    text += `${answer.text.slice(tokens[0]?.from ?? 0, tokens.at(-1)?.to ?? 0)}\n`;
  }
  return { words, text, find: createWordFinder([...new Set(words.map(({ stem }) => stem))]) };
}

/** Places (in the answer as given) of sentences that share fewer than two content words with model answers, rubric and question. */
export function unrelatedPlaces(question: Question, answer: AnswerText): Array<{ start: number; end: number }> {
  const unrelated = sentences(answer).filter(([first, end]) => !isAbout(question, answer.tokens.slice(first, end), { short: 2, long: 2 }));
  return unrelated.map(([first, end]) => answer.tokenSpan(first, end - 1));
}

/** Sentences with their places (in the answer as given), the number of their content words and how many of those stand in question, model answers or rubric. */
export function weighSentences(
  question: Question,
  answer: AnswerText,
): Array<{ start: number; end: number; content: number; shared: number }> {
  return sentences(answer).map(([first, end]) => {
    const { start, end: last } = answer.tokenSpan(first, end - 1);
    return { start, end: last, ...weigh(question, answer.tokens.slice(first, end)) };
  });
}

/** Whether tokens share as many content words with the question as are needed of fewer than four content words, and of more. */
function isAbout(question: Question, tokens: readonly Token[], needed: { short: number; long: number }): boolean {
  const { content, shared } = weigh(question, tokens);
  return shared >= (content < minContentWords ? needed.short : needed.long);
}

function weigh(question: Question, tokens: readonly Token[]): { content: number; shared: number } {
  const find = finderOf(question);
  const content = [...new Set(tokens.filter((token) => !token.isFunctionWord).map((token) => token.stem))];
  return { content: content.length, shared: content.filter((stem) => find(stem).likeness >= alike).length };
}

/** Looks words up in model answers, rubric and question. */
function finderOf(question: Question): WordFinder {
  let find = finders.get(question);
  if (!find) {
    find = createWordFinder([...new Set([...referenceStems(question), ...promptStems(question)])]);
    finders.set(question, find);
  }
  return find;
}

/** Stretches (places in the answer as given) of at least `minContent` content words in a row of which none stands in question, model answers or rubric. */
export function foreignStretches(question: Question, answer: AnswerText, minContent: number): Array<{ start: number; end: number }> {
  const find = finderOf(question);
  const found: Array<{ start: number; end: number }> = [];
  let first = 0;
  let content = 0;
  const close = (end: number) => {
    if (content >= minContent) {
      const { start, end: last } = answer.tokenSpan(first, end - 1);
      found.push({ start, end: last });
    }
    first = end + 1;
    content = 0;
  };
  answer.tokens.forEach((token, index) => {
    if (token.isFunctionWord) return;
    if (find(token.stem).likeness >= alike) close(index);
    else content++;
  });
  close(answer.tokens.length);
  return found;
}

/** Token ranges `[first, end)` between full stops and line ends. */
function sentences(answer: AnswerText): Array<[number, number]> {
  const ranges: Array<[number, number]> = [];
  let first = 0;
  answer.tokens.forEach((token, index) => {
    const next = answer.tokens[index + 1];
    if (next && !/[.!?\n]/.test(answer.text.slice(token.to, next.from))) return;
    ranges.push([first, index + 1]);
    first = index + 1;
  });
  return ranges;
}
