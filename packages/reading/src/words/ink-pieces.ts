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
  // Every pixel is put here once at most.
  const stack = new Int32Array(mask.length);
  for (let start = left.indexOf(1); start >= 0; start = left.indexOf(1, start + 1)) {
    const piece = { left: width, top: height, right: 0, bottom: 0, area: 0, covered: 0 };
    let waiting = 1;
    stack[0] = start;
    left[start] = 0;
    while (waiting > 0) {
      waiting -= 1;
      const at = stack[waiting] as number;
      const x = at % width;
      const y = (at - x) / width;
      if (x < piece.left) piece.left = x;
      if (x >= piece.right) piece.right = x + 1;
      if (y < piece.top) piece.top = y;
      if (y >= piece.bottom) piece.bottom = y + 1;
      piece.area += 1;
      piece.covered += covered[at] as number;
      const [fromX, toX] = [x > 0 ? x - 1 : x, x < width - 1 ? x + 1 : x];
      const toY = y < height - 1 ? y + 1 : y;
      for (let ny = y > 0 ? y - 1 : y; ny <= toY; ny += 1)
        for (let next = ny * width + fromX, end = ny * width + toX; next <= end; next += 1) {
          if (left[next] === 0) continue;
          left[next] = 0;
          stack[waiting] = next;
          waiting += 1;
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
