import type { OcrLayout } from '../types.ts';
import { describeKinds, type LanguageFile } from './language-data.ts';

/**
 * The same for every build of tesseract, so that they read the same. The inversion test gains nothing, and paragraphs, which nobody asks for, are found in less
 * time before the text is read; the last three keep the engine from learning from earlier pages, so that a page reads the same whatever was read before it.
 */
export const parameters: Readonly<Record<string, string>> = {
  tessedit_do_invert: '0',
  paragraph_text_based: '0',
  classify_enable_learning: '0',
  classify_enable_adaptive_matcher: '0',
  tessedit_enable_doc_dict: '0',
};

/** Page segmentation modes: fully automatic, one column of lines, one uniform block of lines, one line, sparse text. */
export const pageMode: Readonly<Record<OcrLayout, string>> = { page: '3', column: '4', block: '6', line: '7', sparse: '11' };

/** What a page says of its engine, e.g. `tesseract.js 7.0.0 eng fast`: program, languages, kind of data. Readings are kept by it. */
export function nameEngine(program: string, files: readonly LanguageFile[]): string {
  return `${program} ${files.map(({ language }) => language).join('+')} ${describeKinds(files)}`;
}
