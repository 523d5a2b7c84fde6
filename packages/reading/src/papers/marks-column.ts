import { findProduct, guessMarks, readMark } from './marks.ts';
import { type PaperRow, type PaperWord, textOf } from './paper-rows.ts';

export interface MarksColumn {
  /** Left edge of the marks at height 0 and its change over the height. */
  at(y: number): number;
}

/** Where the column of marks begins: short sums with room before them, at the right of the page, below each other. */
export function findMarksColumn(rows: readonly PaperRow[], width: number): MarksColumn | null {
  const found = rows.flatMap((row) => {
    const last = row.words.at(-1);
    const before = row.words.at(-2);
    if (!last || last.box[0] < 0.6 * width || last.text.length > 5 || (guessMarks(last.text)[0]?.cost ?? 1) > 0.4) return [];
    const gap = before ? last.box[0] - (before.box[0] + before.box[2]) : Infinity;
    return gap > 1.2 * row.letter ? [{ x: last.box[0], y: row.middle, letter: row.letter }] : [];
  });
  if (found.length < 2) return null;
  const letter = found[0]?.letter ?? 1;
  const best = found
    .map((one) => {
      const near = found.filter((other) => Math.abs(other.x - one.x) < 3 * letter + 0.04 * Math.abs(other.y - one.y));
      return { one, near };
    })
    .sort((a, b) => b.near.length - a.near.length)[0];
  if (!best || best.near.length < 2) return null;
  return columnThrough(best.near);
}

/** Line through the points by Theil's median of slopes: single strays do not move it. */
export function columnThrough(points: ReadonlyArray<{ x: number; y: number }>): MarksColumn {
  const slopes = points.flatMap((a, i) => points.slice(i + 1).flatMap((b) => (Math.abs(b.y - a.y) > 1 ? [(b.x - a.x) / (b.y - a.y)] : [])));
  const middle = (values: number[]): number => values.toSorted((a, b) => a - b)[values.length >> 1] ?? 0;
  const steep = points.length < 4 ? 0 : Math.max(-0.08, Math.min(0.08, middle(slopes)));
  const offset = middle(points.map(({ x, y }) => x - steep * y));
  return { at: (y) => offset + steep * y };
}

/** The words of a row that stand in the marks column, or far to the right of the text on a page without one. */
export function marksTail(row: PaperRow, column: MarksColumn | null, width: number): PaperWord[] {
  const words = row.words;
  let from = words.length;
  while (from > 0) {
    const word = words[from - 1];
    if (!word) break;
    const inColumn = column !== null && word.box[0] > column.at(row.middle) - 1.6 * row.letter;
    if (!inColumn) break;
    from -= 1;
  }
  if (from < words.length && words.length - from <= 4) return withRestOfFormula(words, from);
  const gapAt = lastGap(row);
  const tail = gapAt > 0 ? words.slice(gapAt) : [];
  const text = textOf(tail);
  if (
    tail.length > 0 &&
    (tail[0]?.box[0] ?? 0) > 0.5 * width &&
    (readMark(text) !== null || (findProduct(text)?.length ?? 0) > text.length * 0.6)
  )
    return tail;
  const formula = withRestOfFormula(words, words.length);
  return formula;
}

/** "12x5 = 60" is several words, of which only the last may reach into the column. */
function withRestOfFormula(words: readonly PaperWord[], from: number): PaperWord[] {
  for (let start = Math.max(0, words.length - 5); start < words.length; start += 1) {
    const found = findProduct(textOf(words.slice(start)));
    if (found && found.index === 0 && found.length > textOf(words.slice(start)).length * 0.7) return words.slice(Math.min(start, from));
  }
  return words.slice(from);
}

/** Index of the word behind the last gap of three letters; 0 when there is none. */
function lastGap(row: PaperRow): number {
  for (let i = row.words.length - 1; i > 0; i -= 1) {
    const word = row.words[i];
    const before = row.words[i - 1];
    if (word && before && word.box[0] - (before.box[0] + before.box[2]) > 3 * row.letter) return i;
  }
  return 0;
}
