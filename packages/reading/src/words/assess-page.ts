import type { PageDoubt } from '@gradeflow/contracts';
import type { InkMap } from '../pages/ink.ts';
import { meanConfidence, type PlacedLines } from './page-words.ts';

/** What a page read by OCR is worth. */
export interface PageAssessment {
  /** 0–1: expected share of characters that are right. */
  confidence: number;
  doubts: PageDoubt[];
}

/** Judges a page that was read by OCR. `ink` is of the picture that the lines stand on. */
export function assessPage(
  lines: PlacedLines,
  _page: { ink: InkMap; width: number; height: number; languages: readonly string[] },
): PageAssessment {
  return { confidence: meanConfidence(lines.flat()), doubts: [] };
}
