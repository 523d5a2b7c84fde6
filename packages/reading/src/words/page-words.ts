import type { Box } from '@gradeflow/contracts';
import type { PageRect } from '../pages/ink.ts';
import { expectedRight } from './word-confidence.ts';

/** A word on the page picture, in its pixels. */
export interface PlacedWord {
  text: string;
  /** 0–1: what the engine said of it until `withMeaning`, then the probability that it is right. */
  confidence: number;
  box: Box;
}

/** Lines of words in reading order. */
export type PlacedLines = PlacedWord[][];

/** Where a word stands, in shares of the picture that its box is measured in. */
export function shareOf({ box: [x, y, w, h] }: PlacedWord, { width, height }: { width: number; height: number }): PageRect {
  return { left: x / width, top: y / height, right: (x + w) / width, bottom: (y + h) / height };
}

/** Vertical middle of a line in pixels. */
function middleOf(line: readonly PlacedWord[]): number {
  return line.reduce((sum, { box }) => sum + box[1] + box[3] / 2, 0) / line.length;
}

/** Puts each further line before the first line that lies lower, so that an answer pasted as a picture stays below its number. */
export function mergeLines(lines: PlacedLines, further: PlacedLines): PlacedLines {
  const merged = [...lines];
  for (const line of further) {
    const lower = merged.findIndex((other) => middleOf(other) > middleOf(line));
    merged.splice(lower < 0 ? merged.length : lower, 0, line);
  }
  return merged;
}

/** Text, lines and words as a page reading has them, and the share of characters expected to be right. Empty lines are left out. */
export function describeLines(placed: PlacedLines) {
  const filled = placed.filter((line) => line.length > 0);
  const words = filled.flatMap((line, index) => line.map((word) => ({ ...word, line: index })));
  return {
    text: filled.map((line) => line.map((word) => word.text).join(' ')).join('\n'),
    confidence: expectedRight(words),
    words,
    lines: filled.map((line) => ({ confidence: expectedRight(line), box: boxAround(line) })),
  };
}

function boxAround(words: readonly PlacedWord[]): Box {
  const left = Math.min(...words.map(({ box }) => box[0]));
  const top = Math.min(...words.map(({ box }) => box[1]));
  const right = Math.max(...words.map(({ box }) => box[0] + box[2]));
  const bottom = Math.max(...words.map(({ box }) => box[1] + box[3]));
  return [left, top, right - left, bottom - top];
}
