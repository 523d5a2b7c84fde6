import type { Match } from '@gradeflow/contracts';
import type { AnswerText } from '../text/answer-text.ts';
import { normalise, spanOf } from '../text/normalise.ts';
import type { Span } from '../types.ts';
import { graded, notMet, type Outcome, unclear } from './outcome.ts';

export type ChoiceMatch = Extract<Match, { type: 'choice' }>;

interface Picked {
  id: string;
  span: Span;
}

/** Words around a bare choice that say nothing: "the answer is B and D". */
const filler = new Set(
  'the answer answers is are option options choice choices correct and und i think choose my it both ist sind antwort lösung die richtig q'.split(
    ' ',
  ),
);
const doubt = /\b(?:not|nicht|or|oder|maybe|vielleicht|either|neither|except)\b/;
/** What a single letter is often read as. */
const lookAlikes: Record<string, string> = {
  '8': 'B',
  '6': 'B',
  G: 'C',
  '(': 'C',
  O: 'D',
  '0': 'D',
  '4': 'A',
  '1': 'I',
  l: 'I',
  F: 'E',
  '3': 'B',
};

/**
 * Decides a choice criterion from option letters (`C`, `c.`, `(B), D`, `BD`) or option texts. `exact`: the set must be equal. `perOption`: right picks
 * minus `wrongPenalty` for each wrong one, over the number of right options, whatever `partial` says. What is no clear pick — nothing
 * recognised, a look-alike, "A or B", letter and text that disagree — is UNCLEAR, never wrong.
 */
export function matchChoice(match: ChoiceMatch, answer: AnswerText): Outcome {
  const read = readChoice(match, answer);
  return Array.isArray(read) ? judge(match, read) : read;
}

/** Ids of the options that an answer clearly picks, each once, in the order of the key; null when it is no clear pick. */
export function pickedOptions(match: ChoiceMatch, answer: AnswerText): string[] | null {
  const read = readChoice(match, answer);
  if (!Array.isArray(read)) return null;
  const picked = new Set(read.map(({ id }) => id));
  return match.options.map(({ id }) => id).filter((id) => picked.has(id));
}

/** The picks of an answer, or why they are not clear. */
function readChoice(match: ChoiceMatch, answer: AnswerText): Picked[] | Outcome {
  const normalised = { ...normalise(answer.visible, { keepCase: true }), original: answer.original };
  const text = normalised.text;
  const byText = pickByText(match, answer);
  const byLetter = pickByLetter(match, text).map(({ id, from, to }) => ({ id, span: spanOf(normalised, from, to) }));
  const picked = byLetter.length > 0 ? byLetter : byText;
  const evidence = uniqueById(picked).map((pick) => pick.span);
  if (picked.length === 0) return nothingRecognised(match, text, normalised.text.trim());
  if (doubt.test(text.toLowerCase())) return unclear('The pick is hedged or negated.', { evidence });
  if (
    byLetter.length > 0 &&
    byText.length > 0 &&
    !sameIds(byLetter, byText) &&
    byText.every((pick) => !byLetter.some(({ id }) => id === pick.id))
  )
    return unclear('The letter and the text that were written are different options.', { evidence });
  return uniqueById(picked);
}

function judge(match: ChoiceMatch, picked: Picked[]): Outcome {
  const correct = new Set(match.correct);
  const right = picked.filter(({ id }) => correct.has(id)).length;
  const wrong = picked.length - right;
  const evidence = picked.map((pick) => pick.span);
  const said = `Picked ${picked.map(({ id }) => id).join(', ')}.`;
  if (match.mode === 'exact') {
    const isRight = wrong === 0 && right === correct.size;
    return isRight ? graded(1, evidence, 0.97, said) : notMet(said, 0.97, { decidedBy: evidence });
  }
  const fraction = Math.max(0, (right - wrong * match.wrongPenalty) / correct.size);
  const rightOnly = picked.filter(({ id }) => correct.has(id)).map((pick) => pick.span);
  const isSpread = wrong > 0 && picked.length > correct.size;
  return graded(
    fraction,
    fraction > 0 ? rightOnly : evidence,
    isSpread ? 0.5 : 0.97,
    isSpread ? `${said} More options than are right.` : said,
  );
}

function nothingRecognised(match: ChoiceMatch, text: string, trimmed: string): Outcome {
  const mark = trimmed.replace(/[.)\]:]$/, '');
  const meant = lookAlikes[mark];
  if (mark.length === 1 && meant !== undefined && match.options.some(({ id }) => id.toUpperCase() === meant))
    return unclear(`“${mark}” may be a misread ${meant}.`, { reviewReasons: ['OCR_UNCERTAIN'] });
  return unclear(text.trim() === '' ? 'Nothing was picked.' : 'No option was recognised.');
}

function pickByLetter(match: ChoiceMatch, text: string): Array<{ id: string; from: number; to: number }> {
  const ids = new Map(match.options.map(({ id }) => [id.toLowerCase(), id]));
  const words = [...text.matchAll(/[\p{L}\p{N}]+/gu)].map((found) => ({
    word: found[0],
    from: found.index,
    to: found.index + found[0].length,
  }));
  const isBare = words.every(({ word }) => ids.has(word.toLowerCase()) || filler.has(word.toLowerCase()));
  const picked: Array<{ id: string; from: number; to: number }> = [];
  for (const { word, from, to } of words) {
    const id = ids.get(word.toLowerCase());
    if (id !== undefined) {
      const standsOut =
        isBare || (word.length === 1 && /\p{Lu}/u.test(word) && word !== 'I') || /^\s?[).:]/.test(text.slice(to)) || text[from - 1] === '(';
      if (standsOut && (isBare || picked.length === 0)) picked.push({ id, from, to });
    } else if (words.length === 1 && [...word.toLowerCase()].every((letter) => ids.has(letter)) && word === word.toUpperCase()) {
      for (const [index, letter] of [...word].entries())
        picked.push({ id: ids.get(letter.toLowerCase()) ?? letter, from: from + index, to: from + index + 1 });
    }
  }
  return picked;
}

/** Options whose text stands in the answer; a longer option hides a shorter one inside it. */
function pickByText(match: ChoiceMatch, answer: AnswerText): Picked[] {
  const found = match.options.flatMap(({ id, text }) => {
    const wanted = normalise(text).text.trim();
    if (wanted.length < 3) return [];
    const at = answer.text.indexOf(wanted);
    return at < 0 ? [] : [{ id, from: at, to: at + wanted.length }];
  });
  return found
    .filter(
      (one) =>
        !found.some((other) => other !== one && other.from <= one.from && other.to >= one.to && other.to - other.from > one.to - one.from),
    )
    .map(({ id, from, to }) => ({ id, span: answer.span(from, to) }));
}

function uniqueById(picked: Picked[]): Picked[] {
  return picked.filter((pick, index) => picked.findIndex(({ id }) => id === pick.id) === index);
}

function sameIds(a: Picked[], b: Picked[]): boolean {
  const ids = new Set(a.map(({ id }) => id));
  return b.every(({ id }) => ids.has(id));
}
