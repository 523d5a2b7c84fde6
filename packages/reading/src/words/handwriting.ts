import type { InkMap } from '../pages/ink.ts';
import { findPieces, smallestLetterPx } from './ink-pieces.ts';

/** Higher pieces are drawings and frames. */
const largestPiecePx = 60;
/** Too few pieces for a judgement: about three words. */
const minPieces = 15;
/** What a typed page never has all of: heights from letter to letter as different, hardly two alike, and so much paper between thin strokes. */
const minSpread = 0.65;
const mostAlike = 0.47;
const mostFilled = 0.5;

/**
 * True when the ink looks written by hand: letters of one typeface have two or three heights, those of a hand any. The bounds were set on 11 written
 * pages and photos, all of which it tells, and some fifty printed and typed ones of any quality, of which it takes one for written.
 */
export function looksHandwritten(ink: InkMap): boolean {
  const pieces = findPieces(ink).filter(({ top, bottom }) => bottom - top >= smallestLetterPx && bottom - top <= largestPiecePx);
  if (pieces.length < minPieces) return false;
  const heights = pieces.map(({ top, bottom }) => bottom - top).sort((a, b) => a - b);
  const at = (share: number) => heights[Math.floor(heights.length * share)] ?? 0;
  const spread = (at(0.9) - at(0.1)) / at(0.5);
  const alike =
    Math.max(...[...new Set(heights)].map((height) => heights.filter((other) => Math.abs(other - height) <= 1).length)) / heights.length;
  const area = pieces.reduce((sum, piece) => sum + piece.area, 0);
  const boxes = pieces.reduce((sum, piece) => sum + (piece.right - piece.left) * (piece.bottom - piece.top), 0);
  return spread >= minSpread && alike <= mostAlike && area <= mostFilled * boxes;
}
