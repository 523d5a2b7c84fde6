import type { Match } from '@gradeflow/contracts';
import { distance } from 'fastest-levenshtein';
import type { AnswerText } from '../text/answer-text.ts';
import { normalise, spanOf } from '../text/normalise.ts';
import { areOpposites, foldLookAlikes } from '../text/tolerant.ts';
import type { Span } from '../types.ts';
import { graded, notMet, type Outcome, unclear } from './outcome.ts';

export type TextMatch = Extract<Match, { type: 'text' }>;

interface Word {
  text: string;
  from: number;
  to: number;
}

/** Answers with more words than the phrase and these may only mention it: the match goes to a person. */
const maxOtherWords = 8;

/**
 * Decides an exact-text criterion: one of the phrases stands in the answer, with at most `maxEdits` wrong letters (none up to three letters, one up to
 * five, never in digits). A match only after folding look-alikes (0 and O) is UNCLEAR; a match inside a long answer has low confidence.
 */
export function matchText(match: TextMatch, answer: AnswerText): Outcome {
  const normalised = { ...normalise(answer.visible, { keepCase: match.caseSensitive }), original: answer.original };
  const words = wordsOf(normalised.text);
  const hits = match.anyOf.flatMap((phrase) => {
    const wanted = wordsOf(normalise(phrase, { keepCase: match.caseSensitive }).text);
    const hit = findBest(wanted.map((word) => word.text).join(' '), wanted.length, words, match.maxEdits);
    return hit ? [{ ...hit, span: spanOf(normalised, hit.from, hit.to), others: words.length - wanted.length }] : [];
  });
  const best = hits.sort((a, b) => a.edits - b.edits)[0];
  if (!best) return notMet('None of the accepted texts was found.', 0.9, { decidedBy: wholeSpan(normalised, words) });
  if (best.edits > match.maxEdits)
    return unclear('Only a look-alike of an accepted text was found.', { evidence: [best.span], reviewReasons: ['OCR_UNCERTAIN'] });
  const sure = best.edits === 0 ? 0.97 : 0.88;
  return graded(
    1,
    [best.span],
    best.others > maxOtherWords ? 0.7 : sure,
    best.edits === 0 ? 'The accepted text was found.' : 'The accepted text was found with a misspelling.',
  );
}

function wordsOf(text: string): Word[] {
  return [...text.matchAll(/[^\s.,;:!?"()[\]{}]+(?:[.,][^\s.,;:!?"()[\]{}]+)*/gu)].map((match) => ({
    text: match[0],
    from: match.index,
    to: match.index + match[0].length,
  }));
}

function wholeSpan(normalised: Parameters<typeof spanOf>[0], words: Word[]): Span[] {
  const first = words[0];
  const last = words.at(-1);
  return first && last ? [spanOf(normalised, first.from, last.to)] : [];
}

function allowedEdits(phrase: string, maxEdits: number): number {
  const letters = phrase.replace(/[^\p{L}]/gu, '').length;
  return letters <= 3 ? 0 : letters <= 5 ? Math.min(1, maxEdits) : maxEdits;
}

function findBest(wanted: string, length: number, words: Word[], maxEdits: number): { from: number; to: number; edits: number } | null {
  let best: { from: number; to: number; edits: number } | null = null;
  const allowed = allowedEdits(wanted, maxEdits);
  for (const size of new Set([length, Math.max(1, length - 1), length + 1])) {
    for (let first = 0; first + size <= words.length; first++) {
      const window = words.slice(first, first + size);
      const text = window.map((word) => word.text).join(' ');
      const edits = editsBetween(wanted, text, allowed, maxEdits);
      const from = window[0]?.from ?? 0;
      const to = window.at(-1)?.to ?? from;
      if (edits !== null && (best === null || edits < best.edits)) best = { from, to, edits };
    }
  }
  return best;
}

/** Edits; more than `maxEdits` for a mere look-alike; null when they are different. */
function editsBetween(wanted: string, text: string, allowed: number, maxEdits: number): number | null {
  if (wanted === text) return 0;
  if (Math.abs(wanted.length - text.length) > Math.max(allowed, 2)) return null;
  const sameDigits = wanted.replace(/\D/g, '') === text.replace(/\D/g, '');
  if (sameDigits && allowed > 0 && !areOpposites(wanted, text)) {
    const edits = distance(wanted, text);
    if (edits <= allowed) return edits;
  }
  const isLookAlike = foldLookAlikes(wanted.toLowerCase()) === foldLookAlikes(text.toLowerCase());
  return isLookAlike && wanted.toLowerCase() !== text.toLowerCase() ? maxEdits + 1 : null;
}
