import { createHash } from 'node:crypto';
import type { Question } from '@gradeflow/contracts';
import { stemOf } from '../text/stem.ts';
import { type AnswerReader, createAnswerReader, knownWords } from './answer-reader.ts';
import type { FormToken, NormalForm } from './normal-form.ts';
import { spellingOf } from './spelling.ts';

const maxLabelLength = 200;

/** Answers that say the same. */
export interface AnswerGroup<Answer> {
  /** A UUID made of what is said: the same for the same answers in any order, and for most others that are added. */
  id: string;
  kind: 'BLANK' | 'ANSWER';
  /** The most typical answer, at most 200 characters of it; empty for blank ones. */
  label: string;
  /** In the order in which they were given. */
  members: Answer[];
}

/**
 * Puts answers to one question together that say the same as far as words can tell; the largest group first. It compares forms, not pairs of answers, so time grows in
 * proportion to the text: how, and what never comes together, is in the README beside this. Most of the time goes into `read`, which may have read the answers before.
 */
export function groupAnswers<Answer extends { answerText: string }>(
  question: Question,
  answers: readonly Answer[],
  read: AnswerReader = createAnswerReader(question),
): Array<AnswerGroup<Answer>> {
  const keys = keysOf(
    question,
    Map.groupBy(answers, ({ answerText }) => answerText),
    read,
  );
  return [...Map.groupBy(answers, ({ answerText }) => keys.get(answerText) ?? blank)]
    .map(([key, members]) => ({
      id: idOf(`${question.id} ${key}`),
      kind: key === blank ? ('BLANK' as const) : ('ANSWER' as const),
      label: key === blank ? '' : mostTypical(members.map(({ answerText }) => answerText)),
      members,
    }))
    .sort((a, b) => b.members.length - a.members.length || (a.id < b.id ? -1 : 1));
}

const blank = 'blank';

/** For each distinct text that says something the key of its group. */
function keysOf(question: Question, byText: ReadonlyMap<string, readonly unknown[]>, read: AnswerReader): Map<string, string> {
  const keys = new Map<string, string>();
  const forms = new Map<string, NormalForm>();
  const words = new Map<string, number>();
  for (const [text, { length }] of byText) {
    const { key, form } = read(text);
    if (key !== null) keys.set(text, key);
    if (form === null) continue;
    forms.set(text, form);
    for (const { word } of form.parts.flat()) if (word !== null) words.set(word, (words.get(word) ?? 0) + length);
  }
  for (const [text, key] of keysOfForms(forms, spellingOf(words, knownWords(question)), question.lang)) keys.set(text, key);
  return keys;
}

/** Two forms are one when their words are the same in the same order, or the same with their parts in another order. */
function keysOfForms(forms: ReadonlyMap<string, NormalForm>, spelling: (word: string) => string, lang: string): Map<string, string> {
  const show = ({ text, word }: FormToken) => (word === null ? text : stemOf(spelling(word), lang));
  const together = createUnion();
  const keys = new Map<string, string>();
  for (const [text, { parts }] of forms) {
    const shown = parts.map((part) => part.map(show).join(' '));
    const key = `words ${shown.join(' ')}`;
    keys.set(text, key);
    if (shown.length > 1) together.join(key, `parts ${shown.sort().join(' & ')}`);
  }
  return new Map([...keys].map(([text, key]) => [text, together.find(key)]));
}

/** The text that is written most often; of several the shortest, then the first by letters. */
function mostTypical(texts: readonly string[]): string {
  const plain = texts.map((text) => text.trim().replace(/\s+/g, ' '));
  const counts = [...Map.groupBy(plain, (text) => text)].map(([text, { length }]) => ({ text, count: length }));
  counts.sort((a, b) => b.count - a.count || a.text.length - b.text.length || (a.text < b.text ? -1 : 1));
  return (counts[0]?.text ?? '').slice(0, maxLabelLength).toWellFormed();
}

/** A UUID (version 8) of a hash. */
function idOf(name: string): string {
  const hex = createHash('sha256').update(name).digest('hex');
  return [hex.slice(0, 8), hex.slice(8, 12), `8${hex.slice(13, 16)}`, `8${hex.slice(17, 20)}`, hex.slice(20, 32)].join('-');
}

/** Keys that were joined have the same representative: the least of them, so that the order of joining does not matter. */
function createUnion(): { join(a: string, b: string): void; find(key: string): string } {
  const parents = new Map<string, string>();
  const find = (key: string): string => {
    let root = key;
    for (let parent = parents.get(root); parent !== undefined; parent = parents.get(root)) root = parent;
    for (let at = key; at !== root; ) {
      const next = parents.get(at) as string;
      parents.set(at, root);
      at = next;
    }
    return root;
  };
  const join = (a: string, b: string) => {
    const [first, second] = [find(a), find(b)].sort() as [string, string];
    if (first !== second) parents.set(second, first);
  };
  return { join, find };
}
