import { findInk, inkLongSide } from '../pages/ink.ts';
import { type PagePixels, shrinkGrey } from '../pages/pixels.ts';
import type { OcrEngine } from '../types.ts';
import type { PlacedLines } from '../words/page-words.ts';
import { readLostInk } from '../words/read-lost-ink.ts';
import { makeOcrCopy } from '../words/recognise-page.ts';
import { cleanPaper } from './margin-strips.ts';
import { rereadMargins } from './reread-margins.ts';

/**
 * What is added to the reading of a page when it is a question paper's: rows that were lost between the rules of a table, then numbers and marks
 * (see `rereadMargins`). `pixels` is the straightened page that `lines` stand on; so do the lines that are returned, row by row.
 */
export async function readPaperPage(engine: OcrEngine, pixels: PagePixels, lines: PlacedLines): Promise<PlacedLines> {
  const { width, height } = pixels;
  const copy = cleanPaper(await makeOcrCopy(pixels));
  const ink = findInk(await shrinkGrey(copy, Math.min(1, inkLongSide / Math.max(copy.width, copy.height))));
  const complete = await readLostInk(engine, { copy, ink, width, height }, lines);
  return rereadMargins(engine, copy, complete.lines, pixels);
}
