import { distance } from 'fastest-levenshtein';
import { maxGradedCharacters } from '../text/answer-text.ts';
import { normalise, spanOf } from '../text/normalise.ts';
import { findApproximately, foldLookAlikes } from '../text/tolerant.ts';
import type { Span } from '../types.ts';

interface Letters {
  text: string;
  /** For each letter of `text`, its place in the normalised text. */
  places: number[];
}

function lettersOf(text: string): Letters {
  let letters = '';
  const places: number[] = [];
  for (const match of text.matchAll(/[\p{L}\p{N}]/gu)) {
    letters += match[0];
    for (let i = 0; i < match[0].length; i++) places.push(match.index);
  }
  return { text: letters, places };
}

/**
 * Finds a model's quote in the answer: letter by letter, whatever the case, blanks and punctuation; else with at most a tenth of its letters different (models
 * silently correct what OCR misread), from eight letters. Null for what is not there; quotes of fewer than two letters show nothing unless they are the whole answer.
 */
export function findQuote(answer: string, quote: string): Span | null {
  const normalised = { ...normalise(answer.slice(0, maxGradedCharacters)), original: answer };
  const there = lettersOf(normalised.text);
  const wanted = lettersOf(normalise(quote).text).text;
  if (wanted.length === 0 || (wanted.length < 2 && wanted !== there.text)) return null;
  const place = findLetters(wanted, there.text);
  if (!place) return null;
  const from = there.places[place.from];
  const last = there.places[place.to - 1];
  if (from === undefined || last === undefined) return null;
  const length = String.fromCodePoint(normalised.text.codePointAt(last) ?? 32).length;
  return spanOf(normalised, from, last + length);
}

function findLetters(wanted: string, text: string): { from: number; to: number } | null {
  const at = text.indexOf(wanted);
  if (at >= 0) return { from: at, to: at + wanted.length };
  if (wanted.length < 8) return null;
  const near = findApproximately(wanted, text, Math.max(1, Math.floor(wanted.length * 0.1)));
  if (near) return digitsAgree(wanted, text.slice(near.from, near.to)) ? near : null;
  const loose = findApproximately(wanted, text, Math.floor(wanted.length * 0.25));
  if (!loose) return null;
  const slice = text.slice(loose.from, loose.to);
  const isLookAlike = distance(foldLookAlikes(wanted), foldLookAlikes(slice)) <= wanted.length * 0.05;
  return isLookAlike && digitsAgree(wanted, slice) ? loose : null;
}

/** A quote with another number is another statement. */
function digitsAgree(a: string, b: string): boolean {
  const digits = (text: string) => foldLookAlikes(text.replace(/[^\dol]/g, '')).replace(/\D/g, '');
  return digits(a) === digits(b);
}
