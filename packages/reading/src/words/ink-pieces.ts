import type { InkMap } from '../pages/ink.ts';

/** One connected piece of ink, in pixels of the map; right and bottom are behind it. */
export interface Piece {
  left: number;
  top: number;
  right: number;
  bottom: number;
  area: number;
}

/** A piece some of which stands in words. */
export interface CoveredPiece extends Piece {
  /** How much of the area. */
  covered: number;
}

/** Letters are at least this high on the map (72 dpi): 5 pt print; smaller pieces are dots, commas and dust. */
export const smallestLetterPx = 4;
/** No letter of a running text is higher: 36 pt. */
const largestLetterPx = 36;

interface Connected {
  pieces: Piece[];
  /** Places of the ink in the map, piece after piece. */
  places: Int32Array;
}

/** A page's pieces are asked for several times. */
const known = new WeakMap<InkMap, Connected>();

/** Connected pieces of ink (8 neighbours), found once for a map. */
export function findPieces(ink: InkMap): readonly Piece[] {
  return connect(ink).pieces;
}

/** The same with how much of each is set in the mask. */
export function coverPieces(ink: InkMap, mask: Uint8Array): CoveredPiece[] {
  const { pieces, places } = connect(ink);
  let at = 0;
  return pieces.map((piece) => {
    let covered = 0;
    for (const end = at + piece.area; at < end; at += 1) covered += mask[places[at] as number] as number;
    return { ...piece, covered };
  });
}

function connect(ink: InkMap): Connected {
  const found = known.get(ink) ?? flood(ink);
  known.set(ink, found);
  return found;
}

/** The places in the order in which they are come to: those at the end still have to be looked around. */
function flood({ mask, width, height }: InkMap): Connected {
  const left = mask.slice();
  let inked = 0;
  for (let at = 0; at < mask.length; at += 1) inked += mask[at] as number;
  const places = new Int32Array(inked);
  const pieces: Piece[] = [];
  let seen = 0;
  let met = 0;
  for (let start = left.indexOf(1); start >= 0; start = left.indexOf(1, start + 1)) {
    const piece = { left: width, top: height, right: 0, bottom: 0, area: -seen };
    places[met] = start;
    met += 1;
    left[start] = 0;
    for (; seen < met; seen += 1) {
      const at = places[seen] as number;
      const x = at % width;
      const y = (at - x) / width;
      if (x < piece.left) piece.left = x;
      if (x >= piece.right) piece.right = x + 1;
      if (y < piece.top) piece.top = y;
      if (y >= piece.bottom) piece.bottom = y + 1;
      const [fromX, toX] = [x > 0 ? x - 1 : x, x < width - 1 ? x + 1 : x];
      const toY = y < height - 1 ? y + 1 : y;
      for (let ny = y > 0 ? y - 1 : y; ny <= toY; ny += 1)
        for (let next = ny * width + fromX, end = ny * width + toX; next <= end; next += 1) {
          if (left[next] === 0) continue;
          left[next] = 0;
          places[met] = next;
          met += 1;
        }
    }
    piece.area += seen;
    pieces.push(piece);
  }
  return { pieces, places };
}

/** Makes `all` cover a further piece. */
export function grow(all: CoveredPiece, piece: CoveredPiece): void {
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
