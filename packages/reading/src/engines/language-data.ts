import { createReadStream, existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { createGunzip } from 'node:zlib';
import { PermanentError } from '@gradeflow/errors';

/** `<lang>.traineddata` (or `.gz`) for one or several languages, all in one folder. */
export interface LanguageData {
  folder: string;
  gzip: boolean;
  /** Which of the published sets it is, told by the data itself. */
  kind: 'fast' | 'best_int' | 'best' | 'custom';
}

/** Where distributions put the data of the tesseract packages. */
const systemFolders = [
  '/usr/share/tesseract-ocr/5/tessdata',
  '/usr/share/tesseract-ocr/4.00/tessdata',
  '/usr/share/tessdata',
  '/usr/local/share/tessdata',
  '/opt/homebrew/share/tessdata',
];

/**
 * Language data on this machine, e.g. for `eng` or `['eng', 'deu']`: `ocrDataDir`, then the system's folders, then npm's
 * `@tesseract.js-data/<lang>` (best_int). The first folder with all the languages wins; null when there is none. Nothing is downloaded.
 */
export async function findLanguageData(
  languages: string | readonly string[],
  options: { ocrDataDir?: string | null | undefined } = {},
): Promise<LanguageData | null> {
  const wanted = typeof languages === 'string' ? [languages] : languages;
  if (wanted.length === 0 || wanted.some((language) => !/^[A-Za-z_]{2,20}$/.test(language))) return null;
  const folders = [...(options.ocrDataDir ? [path.resolve(options.ocrDataDir)] : []), ...systemFolders, ...packagedFolders(wanted)];
  for (const folder of folders)
    for (const gzip of [false, true])
      if (wanted.every((language) => existsSync(dataFile(folder, language, gzip)))) {
        const kind = await readKind(dataFile(folder, wanted[0] ?? '', gzip), gzip);
        return { folder, gzip, kind };
      }
  return null;
}

/** As findLanguageData; throws PermanentError OCR_LANGUAGE_MISSING that says what to do. */
export async function getLanguageData(
  languages: readonly string[],
  options: { ocrDataDir?: string | null | undefined } = {},
): Promise<LanguageData> {
  const found = await findLanguageData(languages, options);
  if (found) return found;
  throw new PermanentError({
    code: 'OCR_LANGUAGE_MISSING',
    detail: `There is no OCR data for "${languages.join('+')}" in one folder on this machine: put ${languages.map((l) => `${l}.traineddata`).join(', ')} into OCR_DATA_DIR or install the system's tesseract language package.`,
  });
}

function dataFile(folder: string, language: string, gzip: boolean): string {
  return path.join(folder, `${language}.traineddata${gzip ? '.gz' : ''}`);
}

function packagedFolders(languages: readonly string[]): string[] {
  const { resolve } = createRequire(import.meta.url);
  try {
    return languages.map((language) => path.join(path.dirname(resolve(`@tesseract.js-data/${language}/package.json`)), '4.0.0_best_int'));
  } catch {
    return []; // not every language has to be installed from npm
  }
}

/**
 * The data's last component is a line like `4.00.00alpha:eng:synth20170629:[1,36,0,1Ct3,3,16Mp3,3Lfys64Lfx96Lrx96Lfx512O1c1]`:
 * the "fast" networks end in fewer cells than the "best" ones, and best as floats is more than 8 MB.
 */
async function readKind(file: string, gzip: boolean): Promise<LanguageData['kind']> {
  const source = createReadStream(file);
  let tail = '';
  let bytes = 0;
  for await (const chunk of (gzip ? source.pipe(createGunzip()) : source) as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    tail = (tail + chunk.subarray(-300).toString('latin1')).slice(-300);
  }
  const cells = Number(/Lfx(\d+)O1c1\]\s*$/.exec(tail)?.[1] ?? Number.NaN);
  if (Number.isNaN(cells)) return 'custom';
  if (cells < 384) return 'fast';
  return bytes > 8_000_000 ? 'best' : 'best_int';
}
