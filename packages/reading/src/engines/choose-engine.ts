import { UnavailableError } from '@gradeflow/errors';
import type { OcrEngine } from '../types.ts';
import type { LanguageDataOptions } from './language-data.ts';
import { findNativeTesseract, type NativeTesseract } from './native-binary.ts';

/** Which engine reads: the system's tesseract, the built-in tesseract.js, or the system's where there is one. */
export type OcrEngineName = 'auto' | 'tesseract.js' | 'native';

export interface OcrEngineOptions extends LanguageDataOptions {
  /** `auto` when absent. */
  engine?: OcrEngineName | undefined;
}

/** What `auto` comes to on this machine: null stands for the built-in engine. Throws UnavailableError OCR_ENGINE_MISSING when `native` is asked for and not there. */
export async function findChosenNative(engine: OcrEngineName = 'auto'): Promise<NativeTesseract | null> {
  if (engine === 'tesseract.js') return null;
  const native = await findNativeTesseract();
  if (native !== null || engine === 'auto') return native;
  throw new UnavailableError({
    code: 'OCR_ENGINE_MISSING',
    detail:
      'OCR_ENGINE is native, but there is no tesseract of version 5 or later on the PATH: install it (on Debian and Ubuntu: apt-get install tesseract-ocr), or set OCR_ENGINE=auto.',
  });
}

/**
 * The engine that was asked for, for these languages. Each is loaded only when it is chosen. Throws UnavailableError OCR_ENGINE_MISSING,
 * OCR_ENGINE_FAILED, PermanentError OCR_LANGUAGE_MISSING.
 */
export async function createOcrEngine(languages: readonly string[], options: OcrEngineOptions = {}): Promise<OcrEngine> {
  const native = await findChosenNative(options.engine);
  if (native === null) return (await import('./tesseract-js.ts')).createTesseractJsEngine(languages, options);
  return (await import('./native-tesseract.ts')).createNativeEngine(native, languages, options);
}
