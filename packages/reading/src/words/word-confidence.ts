import type { PlacedLines, PlacedWord } from './page-words.ts';

type Knots = ReadonlyArray<readonly [number, number]>;

/**
 * What the engine's confidence in a word means: `[engine's confidence, share of such words that were right]`, straight lines between. Fitted on 31,000
 * words of 36 real printed, typed and handwritten pages, as they are and small, blurred, pale and grainy, aligned with their transcripts: means of fifteen
 * bins, made monotone. By five folds over pages what it promises is off by 0.8 % in the mean. One table for both builds of tesseract, whose own tables
 * differ by 0.03 at most, and for the fast and the best_int data (0.1 in the middle, where few words are). `npm run bench -- calibrate-reading` fits it anew.
 */
const wordKnots: Knots = [
  [0.02, 0.11],
  [0.15, 0.13],
  [0.25, 0.17],
  [0.35, 0.25],
  [0.45, 0.39],
  [0.55, 0.54],
  [0.65, 0.65],
  [0.75, 0.72],
  [0.825, 0.8],
  [0.88, 0.86],
  [0.917, 0.91],
  [0.94, 0.952],
  [0.956, 0.979],
  [0.963, 0.986],
  [0.968, 0.995],
];
/** The same for words without a letter or a digit, most of which are specks and rules (460 of them). */
const markKnots: Knots = [
  [0.5, 0.06],
  [0.75, 0.16],
  [0.85, 0.29],
  [0.94, 0.75],
];

/** Probability that a word is right, 0–1, from the engine's own confidence in it (0–1). The only place where the one becomes the other. */
export function wordConfidence(text: string, engineConfidence: number): number {
  return interpolate(/[\p{L}\p{N}]/u.test(text) ? wordKnots : markKnots, engineConfidence);
}

/** Words as the engine gave them → words whose confidence is a probability. */
export function withMeaning(lines: PlacedLines): PlacedLines {
  return lines.map((line) => line.map((word) => ({ ...word, confidence: wordConfidence(word.text, word.confidence) })));
}

function interpolate(knots: Knots, at: number): number {
  const above = knots.findIndex(([engine]) => engine >= at);
  const [right, rightShare] = knots[above] ?? knots[knots.length - 1] ?? [1, 1];
  const [left, leftShare] = knots[above - 1] ?? [right, rightShare];
  return right === left ? rightShare : leftShare + ((rightShare - leftShare) * (at - left)) / (right - left);
}

/**
 * Expected share of right characters in words whose confidences are probabilities, 0–1; 0 without words. A wrong word among right ones is mostly
 * right itself (a fifth of its characters is lost), among wrong ones nothing of it can be believed; both factors were fitted on the same pages.
 */
export function expectedRight(words: readonly PlacedWord[]): number {
  let characters = 0;
  let right = 0;
  for (const { text, confidence } of words) {
    characters += text.length;
    right += text.length * confidence;
  }
  if (characters === 0) return 0;
  const wrong = 1 - right / characters;
  return 1 - 0.2 * wrong - 0.75 * wrong * wrong;
}
