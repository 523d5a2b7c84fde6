import { z } from 'zod';
import { Box, Confidence } from './domain.ts';

/** One word with its place on the page. */
export const PageWord = z.object({ text: z.string(), confidence: Confidence, box: Box });
export type PageWord = z.infer<typeof PageWord>;

/**
 * What reading one page gave. Also the form of `spool/<id>/pages/<n>.json`.
 * Words stand in reading order; `lines` says how many words each line of `text` holds, so lines = text lines.
 */
export const PageReading = z.object({
  /** 1-based over the whole submission. */
  number: z.number().int().positive(),
  /** Pixels of the upright picture. */
  width: z.number().int().nonnegative(),
  height: z.number().int().nonnegative(),
  /** Lines joined by `\n`. */
  text: z.string(),
  /** Mean over the words, 0–1; 1 for a blank page; 0 for an unreadable one. */
  confidence: Confidence,
  /** What read it, e.g. `text-layer`, `tesseract.js 7.0.0 eng best_int`, `blank`, `unreadable`. */
  engine: z.string(),
  /** Quarter turn clockwise that made the picture upright: 0, 90, 180 or 270. */
  rotation: z.number().int(),
  words: z.array(PageWord.extend({ /** Index of the line in `text`. */ line: z.number().int().nonnegative() })),
  /** Why the page could not be read, in words; null when it could. */
  failure: z.string().nullable().default(null),
});
export type PageReading = z.infer<typeof PageReading>;
