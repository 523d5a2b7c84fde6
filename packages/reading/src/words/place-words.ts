import type { PlacedLines, PlacedWord } from './page-words.ts';

/** Words beside each other belong to one line up to this distance, in heights of the line: from a margin number to its text, from a text to its mark. */
const maxReach = 12;

/** What words cover, in pixels of the picture; right and bottom are behind it. */
export interface Extent {
  left: number;
  top: number;
  right: number;
  bottom: number;
}

/**
 * Puts words that were read apart where they belong in the reading order. At the height of a line that is near they join it, by their place from
 * left to right; else they become a line of their own, behind the lowest line above them that stands over them.
 */
export function placeWords(lines: PlacedLines, further: PlacedLines): PlacedLines {
  const placed = lines.filter((line) => line.length > 0).map((line) => [...line]);
  const sorted = further.filter((line) => line.length > 0).sort((a, b) => extentOf(a).top - extentOf(b).top);
  for (const strip of sorted) {
    const beside = findLineBeside(placed, strip);
    if (beside === null) placed.splice(findPlace(placed, extentOf(strip)), 0, [...strip]);
    else insertByPlace(beside, strip);
  }
  return placed;
}

/** Of words in a line that runs down the page hardly one in four is right, whatever the engine thinks of them. */
const fallenShare = 0.25;

/**
 * Undoes lines that run down the page: a column of short answers is taken for one line of upright text. Words that share no height with the words
 * before them in their line are placed anew, and all words of such a line lose most of their probability.
 */
export function splitFallen(lines: PlacedLines): PlacedLines {
  const level: PlacedLines = [];
  const further: PlacedLines = [];
  for (const line of lines) {
    const kept: PlacedWord[] = [];
    const others = line.filter((word) => {
      const fits = kept.length === 0 || sharesHeight(kept, word);
      if (fits) kept.push(word);
      return !fits;
    });
    const doubt = (word: PlacedWord) => ({ ...word, confidence: fallenShare * word.confidence });
    level.push(others.length === 0 ? line : kept.map(doubt));
    further.push(...others.map((word) => [doubt(word)]));
  }
  return further.length === 0 ? lines : placeWords(level, further);
}

function sharesHeight(line: readonly PlacedWord[], word: PlacedWord): boolean {
  const { top, bottom } = extentOf(line);
  return word.box[1] < bottom && word.box[1] + word.box[3] > top;
}

/** So many other beginnings of lines below each other make a margin. */
const alignedWith = 3;

/**
 * Tells text from the lettering of a figure: it stands at the height of a line that is near, or begins where at least three of the others (or half of
 * them, when there are few) begin.
 */
export function standsLikeText(place: Extent, lines: readonly Extent[], strips: readonly Extent[]): boolean {
  if (lines.some((line) => isBeside(line, place))) return true;
  const others = [...lines, ...strips];
  const aligned = others.filter((other) => Math.abs(other.left - place.left) <= 0.5 * (place.bottom - place.top));
  return aligned.length >= Math.min(alignedWith, others.length / 2);
}

function findLineBeside(lines: PlacedLines, strip: readonly PlacedWord[]): PlacedWord[] | null {
  const extent = extentOf(strip);
  const beside = lines.filter((line) => line.length > 0 && isBeside(extentOf(line), extent));
  return beside.sort((a, b) => distance(extentOf(a), extent) - distance(extentOf(b), extent))[0] ?? null;
}

/** At the height of the line and near. A line that is much higher stands there by accident: a picture, a bracket, a slanted note. */
export function isBeside(line: Extent, place: Extent): boolean {
  const height = line.bottom - line.top;
  const own = place.bottom - place.top;
  const common = Math.min(line.bottom, place.bottom) - Math.max(line.top, place.top);
  return common >= 0.5 * Math.min(height, own) && height <= 3 * own && distance(line, place) <= maxReach * height;
}

function distance(a: Extent, b: Extent): number {
  return Math.max(0, a.left - b.right, b.left - a.right);
}

function insertByPlace(line: PlacedWord[], strip: readonly PlacedWord[]): void {
  const middle = (word: PlacedWord) => word.box[0] + word.box[2] / 2;
  for (const word of strip) {
    const behind = line.findIndex((other) => middle(other) > middle(word));
    line.splice(behind < 0 ? line.length : behind, 0, word);
  }
}

/** Index behind the lowest line that stands above in the same column; without any, before the first line below. */
function findPlace(lines: PlacedLines, strip: Extent): number {
  const middle = (extent: Extent) => (extent.top + extent.bottom) / 2;
  let best = -1;
  let lowest = Number.NEGATIVE_INFINITY;
  for (const [index, line] of lines.entries()) {
    const other = extentOf(line);
    const sameColumn = Math.min(other.right, strip.right) > Math.max(other.left, strip.left);
    if (sameColumn && middle(other) <= middle(strip) && middle(other) >= lowest) [best, lowest] = [index, middle(other)];
  }
  if (best >= 0) return best + 1;
  const below = lines.findIndex((line) => middle(extentOf(line)) > middle(strip));
  return below < 0 ? lines.length : below;
}

/** The box around words; infinite around none. */
export function extentOf(words: readonly PlacedWord[]): Extent {
  return {
    left: Math.min(...words.map(({ box }) => box[0])),
    top: Math.min(...words.map(({ box }) => box[1])),
    right: Math.max(...words.map(({ box }) => box[0] + box[2])),
    bottom: Math.max(...words.map(({ box }) => box[1] + box[3])),
  };
}
