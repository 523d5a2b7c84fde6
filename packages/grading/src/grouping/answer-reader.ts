import { createHash } from 'node:crypto';
import type { Question } from '@gradeflow/contracts';
import { tokenise } from '../text/tokens.ts';
import { exactKeyReader } from './exact-key.ts';
import { type NormalForm, normalForm } from './normal-form.ts';

/** Longer answers are together only when they are practically the same: their letters, figures and signs. */
const maxWords = 25;
const maxCharacters = 600;
/** Longer ones are not read by an exact key, and keep their punctuation. */
const maxExactCharacters = 2_000;

/** What an answer is compared by: a key of its own, or its form; neither when it is blank. */
export interface AnswerReading {
  key: string | null;
  form: NormalForm | null;
}

/** Reads an answer once, however often it is asked. */
export type AnswerReader = (answer: string) => AnswerReading;

/** Reads answers of one question, each in well under a millisecond. */
export function createAnswerReader(question: Question): AnswerReader {
  const readExact = exactKeyReader(question);
  const keepLetterA = hasLetterNames(question);
  const known = new Map<string, AnswerReading>();
  const read = (answer: string): AnswerReading => {
    const exact = answer.length <= maxExactCharacters ? readExact?.(answer) : null;
    if (exact) return { key: `exact ${exact}`, form: null };
    if (answer.length > maxCharacters || answer.trim().split(/\s+/).length > maxWords) return { key: longKey(answer), form: null };
    const form = normalForm(answer, question.lang, keepLetterA);
    return { key: null, form: form.parts.length === 0 ? null : form };
  };
  return (answer) => {
    const reading = known.get(answer) ?? read(answer);
    known.set(answer, reading);
    return reading;
  };
}

/** Words of the question and its key, which are spelt as they should be. */
export function knownWords({ prompt, modelAnswers, rubric, lang }: Question): Set<string> {
  const texts = [prompt, ...modelAnswers.map(({ text }) => text)];
  for (const { description, match } of rubric?.criteria ?? [])
    texts.push(description, ...match.flatMap((one) => (one.type === 'keywords' ? one.groups.flatMap(({ anyOf }) => anyOf) : [])));
  return new Set(texts.flatMap((text) => tokenise(text, lang).tokens.map(({ word }) => word)));
}

/** True where single letters are names: bulb B, point C. There `A` is one, too. */
function hasLetterNames({ prompt, modelAnswers }: Question): boolean {
  return [prompt, ...modelAnswers.map(({ text }) => text)].some((text) => /(?<![\p{L}\p{N}'’.])[B-HJ-Z](?![\p{L}\p{N}'’.])/u.test(text));
}

/** Case, blanks and, up to some length, punctuation at the ends of words are all that may differ. Hashed, since long texts are slow as keys. */
function longKey(answer: string): string | null {
  const words = answer.normalize('NFKC').toLowerCase().trim().split(/\s+/);
  const plain = (answer.length <= maxExactCharacters ? words.map(withoutPunctuation).filter((word) => word !== '') : words).join(' ');
  return plain === '' ? null : `long ${createHash('sha256').update(plain).digest('base64')}`;
}

function withoutPunctuation(word: string): string {
  let end = word.length;
  while (end > 0 && '.,;:!?…_'.includes(word[end - 1] as string)) end--;
  return word.slice(0, end);
}
