import type { RecognisedWord } from '../types.ts';

/** A "word" without a letter or digit that is read with less confidence is a speck, a stain or a piece of a drawing. */
const surelyMark = 0.5;
/** How tesseract reads rules: the border of a table cell, a margin line, a line to write on. */
const rule = /^[|¦_~—–]+$/u;
const letterOrDigit = /[\p{L}\p{N}]/u;

/**
 * A line without what is surely no text: doubtful words without letter or digit, and rules at its ends, however sure the engine is of them. Inside a line a
 * stroke may mean something, as in P(A | B), and words with letters stay whatever their confidence: a short answer may be one of them.
 */
export function dropMarks(line: readonly RecognisedWord[]): RecognisedWord[] {
  const kept = line.filter(({ text, confidence }) => letterOrDigit.test(text) || confidence >= surelyMark);
  const isText = ({ text }: RecognisedWord) => !rule.test(text);
  return kept.slice(Math.max(0, kept.findIndex(isText)), kept.findLastIndex(isText) + 1);
}
