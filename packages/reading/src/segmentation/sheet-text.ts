import type { PageReading } from '@gradeflow/contracts';
import { type Column, type LineWords, median, orderLines } from './reading-order.ts';

/** A word of the sheet with its place `[start, end)` in the sheet's text. */
export interface SheetWord {
  start: number;
  end: number;
  page: number;
  index: number;
}

/** A line of the sheet: its place in the text, and what its position on the page tells. */
export interface SheetLine {
  start: number;
  end: number;
  text: string;
  page: number;
  /** Counts the columns of the whole sheet; a page has one or more. */
  column: number;
  /** Centre over the page's height, 0 at the top. */
  height: number;
  /** Distance to the line above, in ordinary line distances; null as `gapAbove`. */
  roomAbove: number | null;
  /** More room above than between ordinary lines; null where nothing can be said (first line of a page, no boxes). */
  gapAbove: boolean | null;
  /** `margin`: at the left edge of a page whose other lines are indented; `flush`: at the edge of an ordinary page. */
  indent: 'margin' | 'flush' | 'indented' | 'unknown';
  /** Where a wide gap ends, in the sheet's text: what follows stands apart from the rest of the line. Null without. */
  apartFrom: number | null;
  /** It ends well before the right edge: a sentence or paragraph ends here. */
  endsEarly: boolean;
}

/** All pages as one text: words joined by a space, lines by a line break. */
export interface SheetText {
  text: string;
  words: SheetWord[];
  lines: SheetLine[];
}

/** Words of a page by its number and their index. */
export type IsTaken = (page: number, index: number) => boolean;

/**
 * Lays the words of all pages out as one text and measures every line. Pure; offsets count UTF-16 code units. `isDetached` says
 * whether a whole line is nothing but a question's number or marks; words that are `isTaken` already are in no line.
 */
export function layOut(pages: PageReading[], isDetached: (line: string) => boolean, isTaken: IsTaken = () => false): SheetText {
  const words: SheetWord[] = [];
  const lines: SheetLine[] = [];
  let length = 0;
  let columns = 0;
  for (const page of pages) {
    const free = page.words.map((word, index) => ({ word, index })).filter(({ index }) => !isTaken(page.number, index));
    for (const column of orderLines(free, isDetached)) {
      const measured = measureLines(page, column);
      columns++;
      column.forEach((line, i) => {
        const start = lines.length > 0 ? length + 1 : 0;
        let at = start;
        const starts = line.map(({ word, index }) => {
          const from = at;
          words.push({ start: from, end: from + word.text.length, page: page.number, index });
          at = from + word.text.length + 1;
          return from;
        });
        length = at - 1;
        const shape = measured[i];
        if (!shape) return;
        const apart = wideGap(line, shape.tall);
        const { tall: _, ...rest } = shape;
        lines.push({
          ...rest,
          apartFrom: apart === null ? null : (starts[apart] ?? null),
          start,
          end: length,
          text: line.map(({ word }) => word.text).join(' '),
          page: page.number,
          column: columns,
        });
      });
    }
  }
  // A sheet that leaves no room anywhere says nothing by it.
  if (!lines.some((line) => line.gapAbove)) for (const line of lines) line.gapAbove = null;
  return { text: lines.map((line) => line.text).join('\n'), words, lines };
}

/** Index of the word behind the last gap that is wider than two and a half line heights. */
function wideGap(line: LineWords, tall: number): number | null {
  for (let i = line.length - 1; i > 0; i--) {
    const [left, , width] = line[i - 1]?.word.box ?? [0, 0, 0];
    if ((line[i]?.word.box[0] ?? 0) - left - width > 2.5 * tall && tall > 0) return i;
  }
  return null;
}

type Shape = Pick<SheetLine, 'height' | 'roomAbove' | 'gapAbove' | 'indent' | 'endsEarly'> & { tall: number };

/** Left edge, indentation and room above each line of one column, in units of its own line height and pitch. */
function measureLines(page: PageReading, column: Column): Shape[] {
  const shapes = column.map((line) => ({
    left: Math.min(...line.map(({ word }) => word.box[0])),
    right: Math.max(...line.map(({ word }) => word.box[0] + word.box[2])),
    centre: median(line.map(({ word }) => word.box[1] + word.box[3] / 2)),
    tall: median(line.map(({ word }) => word.box[3])),
  }));
  const tall = median(shapes.map((shape) => shape.tall));
  const pitches = shapes.slice(1).flatMap((shape, i) => {
    const pitch = shape.centre - (shapes[i]?.centre ?? 0);
    return pitch > 0 ? [pitch] : [];
  });
  // The lower fifth: on a sheet of one-line answers most distances are gaps.
  const pitch = pitches.toSorted((a, b) => a - b)[Math.floor(pitches.length / 5)] ?? 0;
  const edge = shapes.map((shape) => shape.left).toSorted((a, b) => a - b)[Math.floor(shapes.length / 20)] ?? 0;
  const rightEdge = shapes.map((shape) => shape.right).toSorted((a, b) => b - a)[Math.floor(shapes.length / 20)] ?? 0;
  const atEdge = (left: number) => left <= edge + 0.8 * tall;
  const hanging = shapes.length >= 4 && shapes.filter((shape) => !atEdge(shape.left)).length >= 0.5 * shapes.length;
  return shapes.map(({ left, right, centre }, i) => {
    const before = shapes[i - 1];
    const roomAbove = before && tall > 0 && pitch > 0 && centre > before.centre ? (centre - before.centre) / pitch : null;
    return {
      tall,
      endsEarly: right < rightEdge - 0.15 * (rightEdge - edge),
      height: page.height > 0 ? centre / page.height : 0.5,
      roomAbove,
      gapAbove: roomAbove === null ? null : roomAbove > 1.35,
      indent: tall <= 0 ? 'unknown' : atEdge(left) ? (hanging ? 'margin' : 'flush') : 'indented',
    };
  });
}
