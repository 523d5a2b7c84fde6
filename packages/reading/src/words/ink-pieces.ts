import type { InkMap } from '../pages/ink.ts';

/** One connected piece of ink, in pixels of the map; right and bottom are behind it. */
export interface Piece {
  left: number;
  top: number;
  right: number;
  bottom: number;
  area: number;
  /** How much of the area stands in words. */
  covered: number;
}

/** Letters are at least this high on the map (72 dpi): 5 pt print; smaller pieces are dots, commas and dust. */
export const smallestLetterPx = 4;
/** No letter of a running text is higher: 36 pt. */
const largestLetterPx = 36;

/** Connected pieces of ink (8 neighbours), by flood fill. */
export function findPieces({ mask, width, height }: InkMap, covered: Uint8Array): Piece[] {
  const left = mask.slice();
  const pieces: Piece[] = [];
  const stack: number[] = [];
  for (let start = 0; start < left.length; start += 1) {
    if (left[start] === 0) continue;
    left[start] = 0;
    stack.push(start);
    const piece = { left: width, top: height, right: 0, bottom: 0, area: 0, covered: 0 };
    for (let at = stack.pop(); at !== undefined; at = stack.pop()) {
      const x = at % width;
      const y = (at - x) / width;
      grow(piece, { left: x, top: y, right: x + 1, bottom: y + 1, area: 1, covered: covered[at] ?? 0 });
      for (let ny = Math.max(0, y - 1); ny <= Math.min(height - 1, y + 1); ny += 1)
        for (let nx = Math.max(0, x - 1); nx <= Math.min(width - 1, x + 1); nx += 1) {
          const next = ny * width + nx;
          if (left[next] === 0) continue;
          left[next] = 0;
          stack.push(next);
        }
    }
    pieces.push(piece);
  }
  return pieces;
}

/** Makes `all` cover a further piece. */
export function grow(all: Piece, piece: Piece): void {
  all.left = Math.min(all.left, piece.left);
  all.top = Math.min(all.top, piece.top);
  all.right = Math.max(all.right, piece.right);
  all.bottom = Math.max(all.bottom, piece.bottom);
  all.area += piece.area;
  all.covered += piece.covered;
}

/**
 * Height of the page's capital letters in pixels of the map: the upper quartile over its pieces of letter size, 0 on a page without any. Small
 * letters make up most of a text and stand below it; headings are too few to raise it.
 */
export function capitalHeight(pieces: readonly Piece[]): number {
  const heights = pieces
    .map((piece) => piece.bottom - piece.top)
    .filter((height) => height >= smallestLetterPx && height <= largestLetterPx)
    .sort((a, b) => a - b);
  return heights[Math.floor(heights.length * 0.75)] ?? 0;
}
