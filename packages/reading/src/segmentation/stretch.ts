import type { SheetLine } from './sheet-text.ts';

/** A stretch of the sheet's text. */
export interface Stretch {
  start: number;
  end: number;
}

/** What of `stretches` lies in `[from, to)`. */
export function clip(stretches: Stretch[], from: number, to: number): Stretch[] {
  return stretches
    .map(({ start, end }) => ({ start: Math.max(start, from), end: Math.min(end, to) }))
    .filter(({ start, end }) => start < end);
}

/** The lines that reach into a stretch; `lines` in the order of the sheet. */
export function linesIn(lines: SheetLine[], { start, end }: Stretch): SheetLine[] {
  const from = lineIndexAt(lines, start);
  let to = from;
  while (to < lines.length && (lines[to]?.start ?? end) < end) to++;
  return lines.slice(from, to);
}

/** The line that holds the offset `at`. */
export function lineAt(lines: SheetLine[], at: number): SheetLine | undefined {
  const line = lines[lineIndexAt(lines, at)];
  return line && line.start <= at ? line : undefined;
}

/** Index of the first line that ends behind `at`. */
export function lineIndexAt(lines: SheetLine[], at: number): number {
  let low = 0;
  let high = lines.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((lines[middle]?.end ?? 0) > at) high = middle;
    else low = middle + 1;
  }
  return low;
}
