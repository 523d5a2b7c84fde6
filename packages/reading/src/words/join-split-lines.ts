import type { PlacedLines, PlacedWord } from './page-words.ts';
import { type Extent, extentOf } from './place-words.ts';

/** A line goes on behind a gap of at most so many heights of its letters; in typescript a sentence ends with two spaces, which are 2 wide. */
const maxGap = 2.5;
/** Both parts stand at the same height when this share of the lower one is common to both. */
const sameHeight = 0.5;
/** Words at the ends that are compared: over a whole line, one that rises or falls leaves its height. */
const endWords = 3;
/** Where more lines than this begin at the same place as a part does, it stands in a column of its own. */
const mostAligned = 1;

/**
 * Puts lines together that the engine took apart and placed elsewhere: on pages that are not quite level it takes spaces that stand below each other by
 * chance for the gap between two columns. Columns and tables stay as they are, since their lines begin below each other.
 */
export function joinSplitLines(lines: PlacedLines): PlacedLines {
  const joined = lines.filter((line) => line.length > 0).map((line) => [...line]);
  const lefts = joined.map((line) => extentOf(line).left);
  for (let at = 0; at < joined.length; at += 1) {
    for (let next = findRest(joined, at, lefts); next !== null; next = findRest(joined, at, lefts)) {
      joined[at]?.push(...(joined[next] ?? []));
      joined.splice(next, 1);
      if (next < at) at -= 1;
    }
  }
  return joined;
}

/** Index of the nearest line that goes on where this one ends and was placed elsewhere; null without one. `lefts`: where lines began at first. */
function findRest(lines: PlacedLines, at: number, lefts: readonly number[]): number | null {
  const end = extentOf((lines[at] as PlacedWord[]).slice(-endWords));
  let best: { index: number; gap: number } | null = null;
  for (const [index, line] of lines.entries()) {
    if (index === at) continue;
    const start = extentOf(line.slice(0, endWords));
    const height = Math.min(end.bottom - end.top, start.bottom - start.top);
    const gap = start.left - end.right;
    if (gap < 0 || gap > maxGap * height || gap >= (best?.gap ?? Number.POSITIVE_INFINITY)) continue;
    if (commonHeight(end, start) >= sameHeight * height && !beginsAColumn(start.left, lefts, 0.5 * height)) best = { index, gap };
  }
  return best === null || best.index === at + 1 ? null : best.index;
}

function commonHeight(a: Extent, b: Extent): number {
  return Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top);
}

function beginsAColumn(left: number, lefts: readonly number[], tolerance: number): boolean {
  return lefts.filter((other) => Math.abs(other - left) <= tolerance).length > 1 + mostAligned;
}

/** Lines over each other have this share of the shorter one's length in common. */
const sameColumn = 0.5;

/** Lines of one column stand below each other: one that is named before the line above it goes behind that line. */
export function orderDownwards(lines: PlacedLines): PlacedLines {
  const ordered = [...lines];
  for (let at = 1; at < ordered.length; at += 1)
    for (let upper = at; upper > 0 && standsAbove(ordered[upper] as PlacedWord[], ordered[upper - 1] as PlacedWord[]); upper -= 1) {
      [ordered[upper - 1], ordered[upper]] = [ordered[upper] as PlacedWord[], ordered[upper - 1] as PlacedWord[]];
    }
  return ordered;
}

function standsAbove(line: readonly PlacedWord[], other: readonly PlacedWord[]): boolean {
  const [a, b] = [extentOf(line), extentOf(other)];
  const common = Math.min(a.right, b.right) - Math.max(a.left, b.left);
  if (common < sameColumn * Math.min(a.right - a.left, b.right - b.left)) return false;
  return a.bottom - b.top <= 0.5 * Math.min(a.bottom - a.top, b.bottom - b.top);
}
