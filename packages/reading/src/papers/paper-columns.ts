import { columnThrough } from './marks-column.ts';
import { type PartStyle, scoreNumber, scorePart } from './paper-labels.ts';
import type { PlacedLine } from './read-structure.ts';

/** Where numbers and parts stand on each page: x at a height. Null where too few were read. */
export interface Columns {
  number(page: number): ((y: number) => number) | null;
  part(page: number): ((y: number) => number) | null;
  /** How parts are numbered on this paper; null where no part was read for sure. */
  style: PartStyle | null;
  /** False in the first search. */
  known: boolean;
  /** Questions are announced by a word ("Question 3"). */
  keywordsRule: boolean;
}

/** From a first search: where the numbers and parts stand that were surely read. */
export function findColumns(placed: readonly PlacedLine[]): Omit<Columns, 'keywordsRule'> {
  const fitOf = (page: number, points: Array<{ x: number; y: number; page: number }>) => {
    const here = points.filter((point) => point.page === page);
    return here.length >= 2 ? columnThrough(here).at : null;
  };
  const numbers: Array<{ x: number; y: number; page: number }> = [];
  const parts: Array<{ x: number; y: number; page: number }> = [];
  const seen = new Map<PartStyle, number>();
  for (const { line, start } of placed) {
    if (!start) continue;
    const [one, two] = line.tokens;
    const at = (x: number) => ({ x, y: line.row.middle, page: line.row.page });
    if (start.part && start.part.style !== 'capital' && start.kind !== 'sub' && start.evidence >= 1.6)
      seen.set(start.part.style, (seen.get(start.part.style) ?? 0) + 1);
    if (start.kind === 'question' && one && (scoreNumber(one, start.number) ?? 0) >= 2.2) {
      numbers.push(at(one.left));
      if (start.part && two && (scorePart(two.text, start.part.style, start.part.index) ?? 0) >= 2) parts.push(at(two.left));
    }
    if (start.kind === 'part' && start.part && one && (scorePart(one.text, start.part.style, start.part.index) ?? 0) >= 2)
      parts.push(at(one.left));
  }
  return {
    number: (page) => fitOf(page, numbers),
    part: (page) => fitOf(page, parts),
    style: [...seen].sort((a, b) => b[1] - a[1])[0]?.[0] ?? null,
    known: true,
  };
}
