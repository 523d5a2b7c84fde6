import type { PageReading } from '@gradeflow/contracts';

export type PaperWord = PageReading['words'][number];

/** One printed row of a paper over its whole width, number column and marks column included. */
export interface PaperRow {
  /** 1-based page of the paper. */
  page: number;
  /** From left to right. */
  words: PaperWord[];
  /** What was read from strokes far taller than letters (ticks, scribbles over a number): no words, but signs that something stands there. */
  strokes: PaperWord[];
  left: number;
  right: number;
  /** Height of its centre in the middle of the page, tilt taken out, pixels. */
  middle: number;
  /** Its direction: pixels down for one to the right. */
  slope: number;
  /** Height of ordinary letters on this page, pixels. */
  letter: number;
  /** Distance to the row above over the page's ordinary distance; null for the first row of a page. */
  room: number | null;
}

interface Fragment {
  words: PaperWord[];
  left: number;
  right: number;
  /** Centre at `left` + `run`: its own direction where it is long enough, else the page's. */
  centreAt(x: number): number;
}

/** Share of the page's width that a line must have for its own slope to be believed. */
const longLine = 0.3;
/** Fragments belong to one row when their centres differ by less than this many letters. */
const sameRow = 0.75;
/** Nothing printed in a row of text is taller than so many letters; strokes of a pen are. */
const tallest = 2.8;

const centreY = ({ box }: PaperWord): number => box[1] + box[3] / 2;
const middleX = ({ box }: PaperWord): number => box[0] + box[2] / 2;
const medianOf = (values: readonly number[], empty: number): number => values.toSorted((a, b) => a - b)[values.length >> 1] ?? empty;

/**
 * Rows of a page from top to bottom. Engines read a column of numbers or of marks by itself and join or tear rows of a tilted page;
 * rows are put together again from the words' places along the direction that the long lines near by have.
 */
export function layOutRows(page: Pick<PageReading, 'number' | 'width' | 'words'>): PaperRow[] {
  const letter = medianOf(
    page.words.filter(({ text }) => /\p{L}{2}/u.test(text)).map(({ box }) => box[3]),
    medianOf(
      page.words.map(({ box }) => box[3]),
      1,
    ),
  );
  const seen = page.words.filter(({ text, box }) => text.trim() !== '' && !isRule(text, box, letter));
  const strokes = seen.filter(({ box }) => box[3] > tallest * letter);
  const fragments = makeFragments(
    seen.filter((word) => !strokes.includes(word)),
    page.width,
    letter,
  );
  const rows = joinFragments(fragments, letter);
  const centre = page.width / 2;
  const placed = rows
    .map((row) => {
      const { centreAt } = leading(row);
      return { words: row.flatMap((fragment) => fragment.words), middle: centreAt(centre), slope: centreAt(centre + 1) - centreAt(centre) };
    })
    .sort((a, b) => a.middle - b.middle);
  const pitches = placed.slice(1).map((row, i) => row.middle - (placed[i]?.middle ?? 0));
  const pitch = medianOf(
    pitches.filter((value) => value > letter / 2 && value < letter * 4),
    letter * 2,
  );
  return placed.map(({ words: inRow, middle, slope }, i) => {
    const sorted = inRow.toSorted((a, b) => a.box[0] - b.box[0]);
    const before = placed[i - 1];
    return {
      page: page.number,
      words: sorted,
      strokes: strokes.filter(({ line }) => sorted.some((word) => word.line === line)).toSorted((a, b) => a.box[0] - b.box[0]),
      left: sorted[0]?.box[0] ?? 0,
      right: Math.max(...sorted.map(({ box }) => box[0] + box[2])),
      middle,
      slope,
      letter,
      room: before ? (middle - before.middle) / pitch : null,
    };
  });
}

/** A table rule or an underscore that was taken for a word. */
function isRule(text: string, box: PaperWord['box'], letter: number): boolean {
  if (/[\p{L}\p{N}]/u.test(text)) return false;
  return !/^[?!."'“”‘’()[\]{}+=*/&%$€£<>:;,#-]+$/.test(text) || box[3] > letter * tallest;
}

function makeFragments(words: readonly PaperWord[], width: number, letter: number): Fragment[] {
  const groups = Map.groupBy(words, ({ line }) => line);
  const slopes: Array<{ y: number; slope: number; weight: number }> = [];
  const lines = [...groups.values()].flatMap((group) => splitAtJumps(group, letter));
  for (const line of lines) {
    const fit = fitLine(line);
    if (fit && fit.span > longLine * width && line.length >= 4) slopes.push({ y: fit.y, slope: fit.slope, weight: fit.span });
  }
  const slopeNear = (y: number): number =>
    medianOf(
      slopes
        .toSorted((a, b) => Math.abs(a.y - y) - Math.abs(b.y - y))
        .slice(0, 7)
        .map(({ slope }) => slope),
      0,
    );
  return lines.map((line) => {
    const fit = fitLine(line);
    const y = fit?.y ?? 0;
    const own = fit && fit.span > longLine * width && line.length >= 4;
    const slope = own ? fit.slope : slopeNear(y);
    const x0 = fit?.x ?? 0;
    return {
      words: line,
      left: Math.min(...line.map(({ box }) => box[0])),
      right: Math.max(...line.map(({ box }) => box[0] + box[2])),
      centreAt: (x: number) => y + slope * (x - x0),
    };
  });
}

/** An engine's line that holds words of two rows is taken apart where a word stands a whole letter off its neighbour's height. */
function splitAtJumps(line: readonly PaperWord[], letter: number): PaperWord[][] {
  const sorted = line.toSorted((a, b) => a.box[0] - b.box[0]);
  const parts: PaperWord[][] = [];
  for (const word of sorted) {
    const part = parts.find((candidate) => {
      const last = candidate.at(-1);
      return last !== undefined && Math.abs(centreY(last) - centreY(word)) < letter * 0.9 + 0.03 * Math.abs(word.box[0] - last.box[0]);
    });
    if (part) part.push(word);
    else parts.push([word]);
  }
  return parts;
}

/** Least squares over the words' centres, each as heavy as it is wide. */
function fitLine(words: readonly PaperWord[]): { x: number; y: number; slope: number; span: number } | null {
  const total = words.reduce((sum, { box }) => sum + box[2], 0);
  if (total <= 0) return null;
  const x = words.reduce((sum, word) => sum + middleX(word) * word.box[2], 0) / total;
  const y = words.reduce((sum, word) => sum + centreY(word) * word.box[2], 0) / total;
  let xx = 0;
  let xy = 0;
  for (const word of words) {
    const dx = middleX(word) - x;
    xx += dx * dx * word.box[2];
    xy += dx * (centreY(word) - y) * word.box[2];
  }
  const span = Math.max(...words.map(({ box }) => box[0] + box[2])) - Math.min(...words.map(({ box }) => box[0]));
  return { x, y, slope: xx > 0 ? xy / xx : 0, span };
}

const leading = (row: readonly Fragment[]): Fragment =>
  row.reduce((widest, fragment) => (fragment.right - fragment.left > widest.right - widest.left ? fragment : widest));

/** The widest fragments begin rows; each shorter one joins the row whose direction meets it, unless it would lie on its words. */
function joinFragments(fragments: readonly Fragment[], letter: number): Fragment[][] {
  const rows: Fragment[][] = [];
  for (const fragment of fragments.toSorted((a, b) => b.right - b.left - (a.right - a.left))) {
    const x = (fragment.left + fragment.right) / 2;
    const fits = rows
      .map((row) => ({ row, off: Math.abs(leading(row).centreAt(x) - fragment.centreAt(x)) }))
      .filter(({ row, off }) => off < sameRow * letter && row.every((other) => overlap(other, fragment) < letter))
      .sort((a, b) => a.off - b.off)[0];
    if (fits) fits.row.push(fragment);
    else rows.push([fragment]);
  }
  return rows;
}

function overlap(a: Fragment, b: Fragment): number {
  return Math.min(a.right, b.right) - Math.max(a.left, b.left);
}

/** A row that somebody can read: two words of a language, or one read for sure. Strokes of a pen and drawings give others. */
export function isReadable(words: readonly PaperWord[]): boolean {
  const real = words.filter(({ text, confidence }) => confidence >= 0.45 && /^["“'‘(]?\p{L}{2,}/u.test(text));
  return real.length >= 2 || words.some(({ confidence, text }) => confidence >= 0.7 && /[\p{L}\p{N}]{2}/u.test(text));
}

export const textOf = (words: readonly PaperWord[]): string => words.map(({ text }) => text).join(' ');
