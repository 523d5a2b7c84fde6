import type { InkMap } from '../pages/ink.ts';
import type { PlacedLines, PlacedWord } from './page-words.ts';
import { extentOf } from './place-words.ts';
import { expectedRight } from './word-confidence.ts';

/** A rule is longer than two letters are high; what is shorter is a dash. */
const leastLength = 2;
/** A rule stands on the line's foot or near it, in heights of its words. */
const fromFoot = { above: 0.35, below: 0.35 };
/** Free of ink above a blank and below it, in heights of the line's words. */
const clear = { above: 0.8, below: 0.35 };
/** Pixels of the ink map: rules are thinner, even when they rise by one; specks on a blank are fewer. */
const thickest = 4;
const fewSpecks = 2;
/** What goes on below a word by more is an underline or the border of a table. */
const overlapPx = 2;
/** Upright rules are no wider. */
const uprightPx = 4;
const letter = /[\p{L}\p{N}]/u;

/** Pixels of the ink map from a place on, up to another. */
interface Stretch {
  from: number;
  to: number;
}

/**
 * Lines with their blanks: a printed rule beside words, on which nothing is written (`Name: ______`), becomes a word of underscores, as text layers have it.
 * Underlines, borders, rules that stand alone and those with writing on them are none. There are as many underscores as letters of that line would fill the
 * rule, and they are as sure as the line. Finds rules of half an inch and more. Boxes are in pixels of the picture of the given size.
 */
export function addBlanks(lines: PlacedLines, ink: InkMap, picture: { width: number; height: number }): PlacedLines {
  const scale = ink.width / picture.width;
  return lines.map((line) => {
    const blanks = blanksBeside(line, lines, ink, scale);
    return blanks.length === 0 ? line : [...line, ...blanks].sort((a, b) => a.box[0] - b.box[0]);
  });
}

function blanksBeside(line: readonly PlacedWord[], lines: PlacedLines, ink: InkMap, scale: number): PlacedWord[] {
  const words = line.filter(({ text }) => letter.test(text));
  if (words.length === 0) return [];
  const height = middleValue(words.map(({ box }) => box[3])) * scale;
  const foot = middleValue(words.map(({ box }) => box[1] + box[3])) * scale;
  const band = {
    from: Math.max(0, Math.round(foot - fromFoot.above * height)),
    to: Math.min(ink.height, Math.round(foot + fromFoot.below * height) + 1),
  };
  const pieces = piecesIn(ink, band);
  if (pieces.length === 0) return [];
  const free = roomBeside(line, lines, ink, scale);
  const rooms = pieces.map((piece) => free.find(({ from, to }) => piece.from >= from - overlapPx && piece.to <= to + overlapPx));
  // A border goes on below words, or was torn where there is none.
  const isBorder = rooms.some((own, i) => own === undefined || rooms.indexOf(own) !== i);
  if (isBorder) return [];
  const letterWidth = words.reduce((sum, { box }) => sum + box[2], 0) / words.reduce((sum, { text }) => sum + text.length, 0);
  return pieces
    .filter((piece, i) => rooms[i]?.of === line && piece.to - piece.from >= leastLength * height && isBlank(ink, piece, band, height))
    .map(({ from, to }) => {
      const width = (to - from) / scale;
      const tall = height / scale;
      return {
        text: '_'.repeat(Math.max(3, Math.round(width / letterWidth))),
        confidence: expectedRight(line),
        box: [Math.round(from / scale), Math.round(foot / scale - tall), Math.round(width), Math.round(tall)],
      };
    });
}

/** Room without words, and the line that a rule in it belongs to: the one before it, or behind it where there is none before. */
interface Room extends Stretch {
  of: readonly PlacedWord[];
}

/** Where no word stands at the line's height: between its words, between it and lines beside it, and at the page's edges. */
function roomBeside(line: readonly PlacedWord[], lines: PlacedLines, ink: InkMap, scale: number): Room[] {
  const { top, bottom } = extentOf(line);
  const words = lines
    .flatMap((of) => of.map(({ box: [x, y, w, h] }) => ({ of, left: x * scale, right: (x + w) * scale, top: y, bottom: y + h })))
    .filter((word) => Math.min(bottom, word.bottom) - Math.max(top, word.top) > (word.bottom - word.top) / 2)
    .sort((a, b) => a.left - b.left);
  const rooms: Room[] = [];
  let from = 0;
  let before: readonly PlacedWord[] | null = null;
  for (const { left, right, of } of [...words, { left: ink.width, right: ink.width, of: line }]) {
    if (left > from) rooms.push({ from: Math.floor(from), to: Math.ceil(left), of: before ?? of });
    if (right > from) [from, before] = [right, of];
  }
  return rooms;
}

/** Level rules, and pieces of rules, that cross the band; upright ones are too short along it. */
function piecesIn(ink: InkMap, band: Stretch): Stretch[] {
  const isRule = (x: number): boolean => {
    for (let at = band.from * ink.width + x; at < band.to * ink.width; at += ink.width)
      if (ink.dark[at] === 1 && ink.mask[at] === 0) return true;
    return false;
  };
  const pieces: Stretch[] = [];
  for (let x = 0; x < ink.width; x += 1) {
    if (!isRule(x)) continue;
    const from = x;
    while (x < ink.width && isRule(x)) x += 1;
    if (x - from > uprightPx) pieces.push({ from, to: x });
  }
  return pieces;
}

/** Thin, and free above, below and at its ends: no box, no writing. */
function isBlank(ink: InkMap, { from, to }: Stretch, band: Stretch, height: number): boolean {
  let [top, bottom] = [band.to, band.from];
  for (let y = band.from; y < band.to; y += 1)
    for (let x = from; x < to; x += 1)
      if (ink.dark[y * ink.width + x] === 1) {
        top = Math.min(top, y);
        bottom = Math.max(bottom, y);
      }
  if (bottom - top >= thickest) return false;
  const above = darkIn(ink, from, to, Math.round(top - clear.above * height), top);
  const below = darkIn(ink, from, to, bottom + 1, Math.round(bottom + 1 + clear.below * height));
  return above + below <= fewSpecks;
}

function darkIn(ink: InkMap, left: number, right: number, top: number, bottom: number): number {
  let count = 0;
  for (let y = Math.max(0, top); y < Math.min(ink.height, bottom); y += 1)
    for (let x = left; x < right; x += 1) count += ink.dark[y * ink.width + x] as number;
  return count;
}

function middleValue(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1] ?? 0;
}
