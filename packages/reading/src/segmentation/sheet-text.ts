import type { PageReading } from '@gradeflow/contracts';

/** A word of the sheet with its place `[start, end)` in the sheet's text. */
export interface SheetWord {
  start: number;
  end: number;
  page: number;
  index: number;
  /** Index into the sheet's lines. */
  line: number;
}

/** A line of the sheet: its place in the text, and what its position on the page tells. */
export interface SheetLine {
  start: number;
  end: number;
  text: string;
  page: number;
  /** Centre over the page's height, 0 at the top. */
  height: number;
  /** Distance to the line above, in ordinary line distances; null as `gapAbove`. */
  roomAbove: number | null;
  /** More room above than between ordinary lines; null where nothing can be said (first line of a page, no boxes). */
  gapAbove: boolean | null;
  /** `margin`: at the left edge of a page whose other lines are indented; `flush`: at the edge of an ordinary page. */
  indent: 'margin' | 'flush' | 'indented' | 'unknown';
}

/** All pages as one text: words joined by a space, lines by a line break. */
export interface SheetText {
  text: string;
  words: SheetWord[];
  lines: SheetLine[];
}

type Word = PageReading['words'][number];

const median = (values: number[]): number => values.toSorted((a, b) => a - b)[values.length >> 1] ?? 0;

/**
 * Lays the words of all pages out as one text and measures every line. Pure; offsets count UTF-16 code units. `isLabel` says
 * whether a whole line is nothing but a question's number: engines like to read such numbers as a column of their own.
 */
export function layOut(pages: PageReading[], isLabel: (line: string) => boolean): SheetText {
  const words: SheetWord[] = [];
  const lines: SheetLine[] = [];
  let text = '';
  for (const page of pages) {
    const groups = joinDetachedLabels(groupByLine(page.words), isLabel);
    const measured = measureLines(page, groups);
    groups.forEach((group, i) => {
      if (text) text += '\n';
      const start = text.length;
      for (const { word, index } of group) {
        if (text.length > start) text += ' ';
        words.push({ start: text.length, end: text.length + word.text.length, page: page.number, index, line: lines.length });
        text += word.text;
      }
      const line = measured[i];
      if (line) lines.push({ ...line, start, end: text.length, text: text.slice(start), page: page.number });
    });
  }
  // A sheet that leaves no room anywhere says nothing by it.
  if (!lines.some((line) => line.gapAbove)) for (const line of lines) line.gapAbove = null;
  return { text, words, lines };
}

type Group = Array<{ word: Word; index: number }>;

/** Puts a number that was read as a line of its own in front of the line that stands at its right. */
function joinDetachedLabels(groups: Group[], isLabel: (line: string) => boolean): Group[] {
  const right = (group: Group) => Math.max(...group.map(({ word }) => word.box[0] + word.box[2]));
  const left = (group: Group) => Math.min(...group.map(({ word }) => word.box[0]));
  const centre = (group: Group) => median(group.map(({ word }) => word.box[1] + word.box[3] / 2));
  const height = (group: Group) => median(group.map(({ word }) => word.box[3]));
  const joined = new Map<Group, Group>();
  const moved = new Set<Group>();
  for (const label of groups) {
    if (label.length > 3 || !isLabel(label.map(({ word }) => word.text).join(' '))) continue;
    const beside = groups
      .filter((other) => other !== label && !joined.has(other) && left(other) >= right(label))
      .filter((other) => Math.abs(centre(other) - centre(label)) < 0.6 * Math.max(height(label), height(other)))
      .sort((a, b) => left(a) - left(b))[0];
    if (!beside) continue;
    joined.set(beside, label);
    moved.add(label);
  }
  return groups.filter((group) => !moved.has(group)).map((group) => [...(joined.get(group) ?? []), ...group]);
}

function groupByLine(words: Word[]): Group[] {
  const groups: Group[] = [];
  let current = -1;
  words.forEach((word, index) => {
    const group = groups.at(-1);
    if (group && word.line === current) group.push({ word, index });
    else groups.push([{ word, index }]);
    current = word.line;
  });
  return groups;
}

/** Left edge, indentation and room above each line of one page, in units of the page's own line height and pitch. */
function measureLines(page: PageReading, groups: Group[]): Array<Pick<SheetLine, 'height' | 'roomAbove' | 'gapAbove' | 'indent'>> {
  const shapes = groups.map((group) => ({
    left: Math.min(...group.map(({ word }) => word.box[0])),
    centre: median(group.map(({ word }) => word.box[1] + word.box[3] / 2)),
    tall: median(group.map(({ word }) => word.box[3])),
  }));
  const tall = median(shapes.map((shape) => shape.tall));
  const pitches = shapes.slice(1).flatMap((shape, i) => {
    const pitch = shape.centre - (shapes[i]?.centre ?? 0);
    return pitch > 0 ? [pitch] : [];
  });
  // The lower fifth: on a sheet of one-line answers most distances are gaps.
  const pitch = pitches.toSorted((a, b) => a - b)[Math.floor(pitches.length / 5)] ?? 0;
  const edge = shapes.map((shape) => shape.left).toSorted((a, b) => a - b)[Math.floor(shapes.length / 20)] ?? 0;
  const atEdge = (left: number) => left <= edge + 0.8 * tall;
  const hanging = shapes.length >= 4 && shapes.filter((shape) => !atEdge(shape.left)).length >= 0.5 * shapes.length;
  return shapes.map(({ left, centre }, i) => {
    const before = shapes[i - 1];
    const roomAbove = before && tall > 0 && pitch > 0 && centre > before.centre ? (centre - before.centre) / pitch : null;
    return {
      height: page.height > 0 ? centre / page.height : 0.5,
      roomAbove,
      gapAbove: roomAbove === null ? null : roomAbove > 1.35,
      indent: tall <= 0 ? 'unknown' : atEdge(left) ? (hanging ? 'margin' : 'flush') : 'indented',
    };
  });
}
