import type { PageReading } from '@gradeflow/contracts';

export type PageWord = PageReading['words'][number];

/** Words of one line, with their place in the page's list. */
export type LineWords = Array<{ word: PageWord; index: number }>;

/** A run of lines below each other. A page of two columns has several. */
export type Column = LineWords[];

/** The middle value, the upper one of two; 0 of none. */
export const median = (values: number[]): number => values.toSorted((a, b) => a - b)[values.length >> 1] ?? 0;

const leftOf = (line: LineWords) => Math.min(...line.map(({ word }) => word.box[0]));
const rightOf = (line: LineWords) => Math.max(...line.map(({ word }) => word.box[0] + word.box[2]));
const centreOf = (line: LineWords) => median(line.map(({ word }) => word.box[1] + word.box[3] / 2));
const heightOf = (line: LineWords) => median(line.map(({ word }) => word.box[3]));

/**
 * The lines of a page from top to bottom, column by column, whatever order the engine gave them in: a line read across two columns
 * is cut at the white strip between them, a number or its marks that were read as a line of their own go back to the line beside them.
 * `isDetached` says whether a whole line is nothing but a question's number or marks. Boxes in pixels; lines without boxes keep their order.
 */
export function orderLines(words: LineWords, isDetached: (line: string) => boolean): Column[] {
  const lines = groupByLine(words);
  const strip = findStrip(lines);
  if (strip === null) return [sortLines(joinDetached(lines, isDetached))];
  const columns: Column[] = [];
  let zone: LineWords[] = [];
  const endZone = () => {
    const parts = zone.flatMap((line) => [
      line.filter(({ word }) => middleX(word) < strip),
      line.filter(({ word }) => middleX(word) >= strip),
    ]);
    for (const left of [true, false]) {
      const side = parts.filter((part) => part[0] && middleX(part[0].word) < strip === left);
      if (side.length > 0) columns.push(sortLines(joinDetached(side, isDetached)));
    }
    zone = [];
  };
  for (const line of sortByHeight(lines)) {
    if (!line.some(({ word }) => word.box[0] < strip && word.box[0] + word.box[2] > strip)) zone.push(line);
    else {
      endZone();
      columns.push([line]);
    }
  }
  endZone();
  return columns;
}

const middleX = (word: PageWord) => word.box[0] + word.box[2] / 2;
const sortByHeight = (lines: LineWords[]) => lines.toSorted((a, b) => centreOf(a) - centreOf(b));

function groupByLine(words: LineWords): LineWords[] {
  const lines: LineWords[] = [];
  let current = -1;
  for (const entry of words) {
    const line = lines.at(-1);
    if (line && entry.word.line === current) line.push(entry);
    else lines.push([entry]);
    current = entry.word.line;
  }
  return lines;
}

/**
 * X of the white strip between two columns, or null: hardly any row crosses it, and at least four rows have words on both sides, on the right
 * three or more on average (three rows where these begin below each other): a number at the margin or marks at the right edge are no column.
 */
function findStrip(lines: LineWords[]): number | null {
  const words = lines.flat().map(({ word }) => word);
  const tall = median(words.map((word) => word.box[3]));
  if (words.length < 30 || tall <= 0) return null;
  const rows = rowsOf(words, tall);
  const left = Math.min(...words.map((word) => word.box[0]));
  const right = Math.max(...words.map((word) => word.box[0] + word.box[2]));
  let best: { x: number; crossing: number } | null = null;
  for (let x = left + 0.3 * (right - left); x <= left + 0.7 * (right - left); x += tall / 2) {
    const crossing = rows.filter((row) =>
      row.some((word) => word.box[0] < x + 0.6 * tall && word.box[0] + word.box[2] > x - 0.6 * tall),
    ).length;
    if (!best || crossing < best.crossing) best = { x, crossing };
  }
  if (!best || best.crossing > 0.15 * rows.length) return null;
  const { x } = best;
  const rights = rows.flatMap((row) => {
    const beyond = row.filter((word) => middleX(word) >= x);
    return beyond.length > 0 && row.length - beyond.length >= 2 ? [beyond] : [];
  });
  // Marks at the right edge are short; columns are not, and their lines begin below each other.
  const begin = median(rights.map((right) => right[0]?.box[0] ?? 0));
  const aligned = rights.filter((right) => Math.abs((right[0]?.box[0] ?? 0) - begin) < tall).length >= 0.6 * rights.length;
  return rights.length >= (aligned ? 3 : 4) && rights.flat().length >= 3 * rights.length ? x : null;
}

/** Words by height, across the page. */
export function rowsOf<T extends { box: PageWord['box'] }>(words: T[], tall: number): T[][] {
  const rows: Array<{ centre: number; words: T[] }> = [];
  for (const word of words.toSorted((a, b) => a.box[1] + a.box[3] / 2 - (b.box[1] + b.box[3] / 2))) {
    const centre = word.box[1] + word.box[3] / 2;
    const row = rows.at(-1);
    if (row && centre - row.centre < 0.5 * tall) row.words.push(word);
    else rows.push({ centre, words: [word] });
  }
  return rows.map((row) => row.words.sort((a, b) => a.box[0] - b.box[0]));
}

/** Puts a number that was read as a line of its own in front of the line that stands at its right, and marks behind the line at their left. */
function joinDetached(lines: LineWords[], isDetached: (line: string) => boolean): LineWords[] {
  const front = new Map<LineWords, LineWords>();
  const back = new Map<LineWords, LineWords>();
  const moved = new Set<LineWords>();
  for (const label of lines) {
    if (label.length > 3 || !isDetached(label.map(({ word }) => word.text).join(' '))) continue;
    const level = lines.filter(
      (other) =>
        other !== label &&
        !moved.has(other) &&
        Math.abs(centreOf(other) - centreOf(label)) < 0.6 * Math.max(heightOf(label), heightOf(other)),
    );
    const after = level.filter((other) => !front.has(other) && leftOf(other) >= rightOf(label)).sort((a, b) => leftOf(a) - leftOf(b))[0];
    const before = level.filter((other) => !back.has(other) && rightOf(other) <= leftOf(label)).sort((a, b) => rightOf(b) - rightOf(a))[0];
    if (after) front.set(after, label);
    else if (before) back.set(before, label);
    if (after || before) moved.add(label);
  }
  return lines.filter((line) => !moved.has(line)).map((line) => [...(front.get(line) ?? []), ...line, ...(back.get(line) ?? [])]);
}

/** Wider than a number or marks that were read late. */
const isText = ({ left, right, tall }: { left: number; right: number; tall: number }) => right - left > 5 * tall;

/**
 * From top to bottom, unless the engine went back up to lines that lie beside those before: short columns, too few to show a strip,
 * whose order the engine knows better.
 */
function sortLines(lines: LineWords[]): LineWords[] {
  const shapes = lines.map((line) => ({ left: leftOf(line), right: rightOf(line), centre: centreOf(line), tall: heightOf(line) }));
  const besides = shapes.filter((shape, i) => {
    const before = shapes[i - 1];
    return (
      before !== undefined && shape.centre < before.centre - 2 * before.tall && shape.left > before.right && isText(before) && isText(shape)
    );
  });
  return besides.length > 0 ? lines : sortByHeight(lines);
}
