import { z } from 'zod';
import { Box, Confidence } from './domain.ts';

/** One word with its place on the page. Its confidence is the probability that it is right. */
export const PageWord = z.object({ text: z.string(), confidence: Confidence, box: Box });
export type PageWord = z.infer<typeof PageWord>;

/** Why a person should look at a page before its text is believed. */
export const PageDoubt = z.enum([
  /** More than an eighth of the characters that were read are expected to be wrong, of a photo more than a twentieth. */
  'LOW_CONFIDENCE',
  /** Much of the writing stands in no word, or a short line among others could not be read. */
  'INK_NOT_READ',
  /** Hardly any of the words belong to the language. */
  'NOT_LANGUAGE',
  /** Mostly written by hand, which the built-in engine cannot read. */
  'HANDWRITING',
  /** A photo that is too blurred or too dark. */
  'BLURRED',
]);
export type PageDoubt = z.infer<typeof PageDoubt>;

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
  /** Expected share of the page's characters that were read right, 0–1; 1 for a blank page or a text layer; 0 for an unreadable page. */
  confidence: Confidence,
  /** What read it, e.g. `text-layer`, `tesseract.js 7.0.0 eng best_int`, `blank`, `unreadable`. */
  engine: z.string(),
  /** Quarter turn clockwise that made the picture upright: 0, 90, 180 or 270. */
  rotation: z.number().int(),
  words: z.array(PageWord.extend({ /** Index of the line in `text`. */ line: z.number().int().nonnegative() })),
  /** Expected share of right characters and place of each line of `text`, in order. */
  lines: z.array(z.object({ confidence: Confidence, box: Box })).default([]),
  /** Empty for a page that was read well. */
  doubts: z.array(PageDoubt).default([]),
  /** SHA-256 of what was read: the pixels, the engine and the languages. The same page is not read twice. Null where no OCR was needed. */
  contentHash: z.string().nullable().default(null),
  /** Why the page could not be read, in words; null when it could. */
  failure: z.string().nullable().default(null),
});
export type PageReading = z.infer<typeof PageReading>;

/** Name of the engine on a page that nothing could read. */
export const unreadableEngine = 'unreadable';

/** The place of a page that could not be read, with the reason in words. */
export function unreadablePage(number: number, failure: string): PageReading {
  const nothing = { text: '', words: [], lines: [], doubts: [], contentHash: null };
  return { ...nothing, number, width: 0, height: 0, confidence: 0, engine: unreadableEngine, rotation: 0, failure };
}
