import type { ReadSection } from './sections.ts';
import { weigh } from './structure-weights.ts';

/** A question whose last line was read, as far as its marks go. */
export interface ClosedQuestion {
  number: number;
  /** Parts that were begun; 0 without parts. */
  leaves: number;
  /** Parts with marks, and their sum. */
  marks: number;
  sum: number;
  /** Mark of the question's own text, above its parts. */
  stem: number | null;
  /** A mark that was kept for a next part. */
  pending: number | null;
}

/** What the finished question's marks say about where it ended. */
export function closingScore(h: ClosedQuestion, section: ReadSection | undefined, usesMarks: boolean): number {
  if (h.number === 0) return 0;
  const each = section?.each ?? [];
  const whole = each.length === 0 && h.stem !== null && h.leaves > 0 ? [h.stem] : each;
  if (each.length > 0 && h.leaves > 0 && h.stem !== null && !each.includes(h.stem)) return weigh.sumOff * 1.5;
  const leaves = Math.max(1, h.leaves);
  const marks = h.leaves === 0 && h.stem !== null ? 1 : h.marks;
  const sum = h.leaves === 0 ? (h.stem ?? 0) : h.sum;
  const carried = h.pending === null ? 0 : -1.5;
  if (marks === 0) return carried + (usesMarks ? weigh.leafWithoutMark : 0);
  const missing = leaves - marks;
  const perLeaf = missing * weigh.leafWithoutMark;
  if (whole.length === 0) return carried + perLeaf;
  if (missing === 0)
    return carried + (whole.some((value) => Math.abs(value - sum) < 0.01) ? weigh.sumFits + weigh.sumPerMark * marks : weigh.sumOff);
  return carried + perLeaf + (whole.some((value) => sum < value) ? 0 : weigh.sumOff);
}

/** Whether a section that has ended holds as many questions as it says. */
export function countScore(count: number, section: ReadSection | undefined): number {
  if (!section) return 0;
  if (section.choose !== null) return count < section.choose ? weigh.countOff : 0;
  if (!section.product) return 0;
  return section.product.factors.includes(count) ? weigh.countFits : weigh.countOff;
}
