import { type InkMap, type PageRect, paintMask } from '../pages/ink.ts';
import { type CoveredPiece, capitalHeight, coverPieces, grow, smallestLetterPx } from './ink-pieces.ts';

/** Ink of about a line's height that stands in no word, in shares of the page. */
export interface LostStrip extends PageRect {
  /** Its letters and dots, so that it can be cut out without what stands between them from other lines. */
  pieces: PageRect[];
}

/** Letters of one line from left to right, then its dots. */
type Strip = [CoveredPiece, ...CoveredPiece[]];

/** Heights of letters in units of the page's own capital letters: an x is 0.7 of a capital, "(" or "Q," 1.4; written figures are larger. */
const letterHeights = { least: 0.55, most: 2.2 };
/** Wider pieces are rules and underlines, not letters that touch. */
const maxWidth = 6;
/** Letters fill their boxes: the thin outline of a frame or a doodle does not. */
const minFilled = 0.12;
/** Words of one strip stand no further apart than this, in capital heights; at a tab stop a new strip begins. */
const maxGap = 3;
/** More pieces are a drawing, a table or handwriting, which strips do not bring back. */
const maxStrips = 80;

/** The rest of a letter whose word's box is a little too small. */
const mostlyCovered = 0.3;

/**
 * Finds lines and bits of lines that the engine passed over: connected ink outside the words' boxes with the height of the page's letters, joined
 * along the line. Empty when there is none, and when there is so much that the page is no page of typed lines.
 */
export function findLostInk(ink: InkMap, words: readonly PageRect[]): LostStrip[] {
  const all = coverPieces(ink, paintMask(words, ink, 1));
  const capital = capitalHeight(all);
  const lost = all.filter(({ covered, area }) => covered <= mostlyCovered * area);
  const letters = lost.filter((piece) => isLetter(piece, capital)).sort((a, b) => a.left - b.left);
  const strips = joinAlongLines(letters, capital)
    .filter((strip) => strip.length > 1 || !isBullet(strip[0]))
    .map((strip) => withDots(strip, lost, capital));
  if (strips.length > maxStrips) return [];
  const share = ({ left, top, right, bottom }: CoveredPiece): PageRect => ({
    left: left / ink.width,
    top: top / ink.height,
    right: right / ink.width,
    bottom: bottom / ink.height,
  });
  return strips.map((strip) => ({ ...share(around(strip)), pieces: strip.map(share) })).sort((a, b) => a.top - b.top);
}

function isLetter({ left, top, right, bottom, area }: CoveredPiece, capital: number): boolean {
  const width = right - left;
  const height = bottom - top;
  if (height < Math.max(smallestLetterPx, letterHeights.least * capital) || height > letterHeights.most * capital) return false;
  return width <= maxWidth * capital && area >= minFilled * width * height;
}

/** As wide as high and almost full: a bullet or a box that was filled in. No letter is, not even when it is as small as here. */
function isBullet({ left, top, right, bottom, area }: CoveredPiece): boolean {
  const width = right - left;
  const height = bottom - top;
  return Math.abs(width - height) <= 0.25 * height && area >= 0.7 * width * height;
}

/** Letters from left to right, each to the strip that ends beside it. The last letter decides, so that a line may rise or fall. */
function joinAlongLines(letters: readonly CoveredPiece[], capital: number): Strip[] {
  const strips: Strip[] = [];
  for (const letter of letters) {
    let best: Strip | null = null;
    let most = 0.5;
    for (const strip of strips) {
      const end = strip[strip.length - 1] ?? strip[0];
      const common = overlap(end, letter);
      if (letter.left - end.right <= maxGap * capital && common >= most) [best, most] = [strip, common];
    }
    if (best === null) strips.push([letter]);
    else best.push(letter);
  }
  return strips;
}

/** Share of the lower one's height that both have in common. */
function overlap(a: CoveredPiece, b: CoveredPiece): number {
  const common = Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top);
  return common / Math.min(a.bottom - a.top, b.bottom - b.top);
}

/** Full stops, i-dots and minus signs are no letters, but belong to the letters that they stand beside. */
function withDots(strip: Strip, pieces: readonly CoveredPiece[], capital: number): Strip {
  const letters = new Set<CoveredPiece>(strip);
  const within = around(strip);
  const dots = pieces.filter((piece) => {
    if (letters.has(piece) || piece.right - piece.left > 2 * capital || piece.bottom - piece.top > capital) return false;
    if (piece.bottom < within.top - capital || piece.top > within.bottom + capital) return false;
    return strip.some(
      (letter) =>
        piece.left - letter.right <= capital &&
        letter.left - piece.right <= capital &&
        piece.top >= letter.top - 0.5 * capital &&
        piece.bottom <= letter.bottom + 0.5 * capital,
    );
  });
  return [...strip, ...dots];
}

function around(pieces: readonly CoveredPiece[]): CoveredPiece {
  const all: CoveredPiece = { left: Number.POSITIVE_INFINITY, top: Number.POSITIVE_INFINITY, right: 0, bottom: 0, area: 0, covered: 0 };
  for (const piece of pieces) grow(all, piece);
  return all;
}
