import { findChosenNative, findLanguageData, type LanguageFile, type OcrEngineName } from '@gradeflow/reading';
import { type Finding, fault, fine, messageOf } from './finding.ts';

const what = 'OCR';
const nativeRemedy = 'on Debian and Ubuntu: apt-get install tesseract-ocr';

/** Which engine and which data for English would read now, and how it would be faster. */
export async function checkOcr(options: { engine: OcrEngineName; ocrDataDir: string | undefined }): Promise<Finding> {
  const data = (await findLanguageData(['eng'], options))?.[0];
  if (!data) return fault(what, 'there is no data for eng', 'run `npm start` or `npm test` once, or put eng.traineddata into OCR_DATA_DIR');
  try {
    const native = await findChosenNative(options.engine);
    const program = native ? `tesseract ${native.version} (${native.file})` : 'tesseract.js, built in';
    return fine(what, `${program}, eng ${data.kind} (${data.folder})${hint(native !== null, options.engine, data)}`);
  } catch (error) {
    return fault(what, messageOf(error), nativeRemedy);
  }
}

function hint(native: boolean, engine: OcrEngineName, { kind }: LanguageFile): string {
  if (!native && engine === 'auto') return `; tesseract 5 would read a quarter faster (${nativeRemedy})`;
  if (!native) return '; OCR_ENGINE=auto uses the faster tesseract 5 where it is installed';
  return kind === 'fast' ? '' : '; the "fast" data costs less time (on Debian: tesseract-ocr-eng)';
}
