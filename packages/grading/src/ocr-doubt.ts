import { distance } from 'fastest-levenshtein';
import type { Outcome } from './matchers/outcome.ts';
import { tolerantlyEqual } from './text/tolerant.ts';
import type { GradeRequest } from './types.ts';

type UncertainWord = NonNullable<GradeRequest['uncertainWords']>[number];

/** A word read with less confidence than this may be anything; up to `alikeBelow` it must at least look like the word that is missed. */
const anythingBelow = 0.5;
const alikeBelow = 0.75;
/** Words below this make a decision that rests on them doubtful. */
const doubtfulBelow = 0.75;

/**
 * What doubtful reading means for a decision. A place that decided lies on a doubtful word: OCR_UNCERTAIN and less confidence, and a wrong answer
 * becomes UNCLEAR. A key word is missing while doubtful words stand in the answer that could be it: UNCLEAR and not NOT_MET.
 */
export function applyReadingDoubt(outcome: Outcome, words: readonly UncertainWord[], answer: string): Outcome {
  const doubtful = words.filter((word) => word.confidence < doubtfulBelow);
  if (doubtful.length === 0) return outcome;
  const deciding = outcome.decision === 'NOT_MET' ? (outcome.decidedBy ?? []) : outcome.evidence;
  const touched = doubtful.filter((word) => deciding.some((span) => span.start < word.end && word.start < span.end));
  const couldBe = outcome.fraction < 1 ? doubtful.filter((word) => couldBeMissing(word, answer, outcome.missing ?? [])) : [];
  if (touched.length === 0 && couldBe.length === 0) return outcome;
  const reviewReasons = [...new Set([...(outcome.reviewReasons ?? []), 'OCR_UNCERTAIN' as const])];
  const least = Math.min(...[...touched, ...couldBe].map((word) => word.confidence));
  const confidence = outcome.confidence * Math.max(0.3, least);
  if (outcome.decision !== 'NOT_MET') return { ...outcome, confidence, reviewReasons };
  const reason = `${outcome.reason} The reading is doubtful there.`;
  return { ...outcome, decision: 'UNCLEAR', fraction: 0, confidence: Math.min(confidence, 0.4), evidence: [], reason, reviewReasons };
}

function couldBeMissing(word: UncertainWord, answer: string, missing: readonly string[]): boolean {
  const read = answer.slice(word.start, word.end).toLowerCase();
  if (missing.length === 0 || !/[\p{L}\p{N}]/u.test(read)) return false;
  if (word.confidence < anythingBelow) return true;
  if (word.confidence >= alikeBelow) return false;
  return missing.some((phrase) =>
    phrase
      .toLowerCase()
      .split(/\s+/)
      .some((wanted) => tolerantlyEqual(wanted, read) || distance(wanted, read) <= Math.ceil(Math.max(wanted.length, read.length) / 2)),
  );
}
