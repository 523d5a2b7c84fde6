import { parseNumberWords } from '../matchers/number-words.ts';
import { type FoundNumber, parseNumbers } from '../matchers/parse-numbers.ts';
import { isUnitSpelling, readUnit } from '../matchers/units.ts';
import { normalise } from '../text/normalise.ts';
import { tokenise } from '../text/tokens.ts';

/** A word, number or sign of an answer in the form in which answers are compared. */
export interface FormToken {
  /** Stem of a word, `#value unit` of a number, a sign itself. */
  text: string;
  /** Lower case, as written; null for numbers and signs, which are never misspelt words. */
  word: string | null;
}

/** An answer taken apart: its tokens in order, in the parts that `and`, commas and ends of sentences make. */
export interface NormalForm {
  parts: FormToken[][];
}

/** Words that change nothing about what an answer says. Negations, directions, comparisons and quantities are not among them. */
const emptyWords: Record<string, ReadonlySet<string>> = {
  en: new Set(
    `the an is are was were be been being am do does did has have had having there that this these those it its they them their he she his her him we us our
    you your would will could may might should so then just also of`.split(/\s+/),
  ),
  de: new Set(
    'der die das den dem des ein eine einer eines einem einen ist sind war waren wird werden es sich dies diese dieser dieses'.split(' '),
  ),
};
/** What people put before an answer. */
const opening =
  /^\s*(?:(?:i think|i believe|i guess|the answer is|answer|because|weil|ich denke|die antwort ist|antwort)\b[\s,:]*(?:that\b)?)+/iu;
const nextIsNoNoun = new Set('and or but if because when while than as at in on to from with by not no'.split(' '));
const separator = /[,;.:!?()\n]+|\b(?:and|und)\b|&/giu;
/** Signs that carry meaning; a minus only between figures, brackets or single letters. */
const sign = /!=|<=|>=|[<>≤≥≠≈±+*^√∞→←↑↓∝~/%✓✔☑✗✘☒]|(?<=(?:^|[^\p{L}])[\p{L}\d)]\s?)-(?=\s?(?:[\d(]|\p{L}(?!\p{L})))/gu;
const signForms: Record<string, string> = { '!=': '≠', '<=': '≤', '>=': '≥', '✔': '✓', '☑': '✓', '✘': '✗', '☒': '✗' };

/**
 * Takes an answer apart. `keepLetterA`: single letters are names in this question, so that `a` is no article. An answer of empty words alone keeps them.
 */
export function normalForm(answer: string, lang: string, keepLetterA: boolean): NormalForm {
  const text = normalise(answer, { keepCase: true })
    .text.replace(/[^\S\n]+/g, ' ')
    .replace(opening, '');
  const parts = take(text, lang, keepLetterA, true);
  return { parts: parts.length > 0 ? parts : take(text, lang, true, false) };
}

function take(text: string, lang: string, keepLetterA: boolean, dropEmpty: boolean): FormToken[][] {
  const parts: FormToken[][] = [[]];
  const add = (token: FormToken) => parts.at(-1)?.push(token);
  const addText = (piece: string) => {
    let from = 0;
    for (const found of piece.matchAll(separator)) {
      addWords(piece.slice(from, found.index), lang, keepLetterA, dropEmpty, add);
      parts.push([]);
      from = found.index + found[0].length;
    }
    addWords(piece.slice(from), lang, keepLetterA, dropEmpty, add);
  };
  let from = 0;
  for (const number of findNumbers(text, lang)) {
    addText(text.slice(from, number.from));
    const unit = readUnit(text.slice(number.to), []);
    add({ text: `#${Number(number.value.toPrecision(12))}${unit.kind === 'other' ? ` ${unit.text}` : ''}`, word: null });
    from = number.to + (unit.kind === 'none' ? 0 : unit.length);
  }
  addText(text.slice(from));
  return parts.filter((part) => part.length > 0);
}

/** Numbers in figures and, beside them, in words. */
function findNumbers(text: string, lang: string): FoundNumber[] {
  const figures = parseNumbers(text, lang, (letters) => isUnitSpelling(letters, []));
  const words = parseNumberWords(text).filter((word) => figures.every((figure) => word.to <= figure.from || word.from >= figure.to));
  return [...figures, ...words].sort((a, b) => a.from - b.from);
}

function addWords(text: string, lang: string, keepLetterA: boolean, dropEmpty: boolean, add: (token: FormToken) => void): void {
  let from = 0;
  for (const found of text.matchAll(sign)) {
    wordsOf(text.slice(from, found.index), lang, keepLetterA, dropEmpty).forEach(add);
    add({ text: signForms[found[0]] ?? found[0], word: null });
    from = found.index + found[0].length;
  }
  wordsOf(text.slice(from), lang, keepLetterA, dropEmpty).forEach(add);
}

function wordsOf(text: string, lang: string, keepLetterA: boolean, dropEmpty: boolean): FormToken[] {
  const empty = emptyWords[lang.slice(0, 2).toLowerCase()];
  const { tokens } = tokenise(text, lang);
  return tokens
    .filter(({ word }, index) => {
      if (!dropEmpty || !empty) return true;
      if (word === 'a') return keepLetterA || !isArticle(tokens[index + 1]?.word, empty);
      return !empty.has(word);
    })
    .map(({ stem, word }) => ({ text: stem, word }));
}

/** `a` before a noun, and not the name of something: "a bulb", but "bulb a is on". */
function isArticle(next: string | undefined, empty: ReadonlySet<string>): boolean {
  return next !== undefined && next.length > 1 && !empty.has(next) && !nextIsNoNoun.has(next);
}
