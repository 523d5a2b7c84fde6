import type { AnswerChange, PageReading } from '@gradeflow/contracts';
import { segmentAnswers } from '../segmentation/segment-answers.ts';
import type { SegmentAnswersOptions, Segmentation } from '../types.ts';
import { assignRanges } from './assign-ranges.ts';
import { correctWords } from './correct-words.ts';
import { writeOut } from './write-out.ts';

/** What a person changed about the answer to the question of this number; null: a question that the list no longer has. */
export interface SheetCorrection {
  number: string | null;
  change: AnswerChange;
}

export interface CorrectedSheet {
  /** The pages as they are to be graded: corrected words are certain. What the machine read stays in the pages that were given. */
  pages: PageReading[];
  /** `confirmed`: numbers of the answers that a person has written out. */
  segmentation: Segmentation & { confirmed: string[] };
}

/**
 * Splits a sheet as people have corrected it; `corrections` oldest first. Corrected words hold for the page and so for the whole sheet; after that the stretches of words that
 * an answer was given, which others lose; last the text that was written out, unless the answer was given other words since. Words and pages that there are not change nothing. Pure.
 */
export function segmentCorrected(
  pages: PageReading[],
  numbers: string[],
  options: SegmentAnswersOptions,
  corrections: readonly SheetCorrection[],
): CorrectedSheet {
  const corrected = correctWords(pages, corrections);
  let sheet: CorrectedSheet = { pages: corrected, segmentation: { ...segmentAnswers(corrected, numbers, options), confirmed: [] } };
  const whole = numbers.flatMap((number) => {
    const last = corrections.findLast((correction) => correction.number === number && !('words' in correction.change));
    const assigned = corrections.findLast((correction) => correction.number === number && 'assign' in correction.change);
    return last ? [{ number, last: last.change, assigned: assigned?.change }] : [];
  });
  for (const { number, assigned } of whole)
    if (assigned && 'assign' in assigned) sheet = assignRanges(sheet, numbers, number, assigned.assign);
  for (const { number, last } of whole) if ('text' in last) sheet = writeOut(sheet, numbers, number, last.text);
  return sheet;
}
