import { existsSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { createRequire } from 'node:module';
import path from 'node:path';
import { PermanentError } from '@gradeflow/errors';
import { type LanguageKind, readLanguageKind } from './language-kind.ts';

/** The data of one language on this machine. */
export interface LanguageFile {
  /** As tesseract names it, e.g. `eng`. */
  language: string;
  /** Absolute path of `<language>.traineddata` or `.traineddata.gz`. */
  file: string;
  folder: string;
  gzip: boolean;
  kind: LanguageKind;
}

export interface LanguageDataOptions {
  /** Folder with `<lang>.traineddata` to look at first. */
  ocrDataDir?: string | null | undefined;
}

/** Where distributions put the data of the tesseract packages. */
const systemFolders = [
  '/usr/share/tesseract-ocr/5/tessdata',
  '/usr/share/tesseract-ocr/4.00/tessdata',
  '/usr/share/tessdata',
  '/usr/local/share/tessdata',
  '/opt/homebrew/share/tessdata',
];
/** Folders of a package of npm's `@tesseract.js-data`, the better one first: 4.0.0 also holds what the legacy engine needs and is four times as large. */
const packagedVariants = ['4.0.0_best_int', '4.0.0'];
const scope = '@tesseract.js-data';
/** Data that is no language: orientation, equations. */
const notLanguages = new Set(['osd', 'equ']);
const dataName = /^([A-Za-z_]{2,20})\.traineddata(\.gz)?$/;

/**
 * The data of languages on this machine, in the order asked for, each from the first place that has it: `ocrDataDir`, the system's folders, npm's
 * `@tesseract.js-data/<lang>`. They may lie in different folders. Null when one is missing. Nothing is downloaded.
 */
export async function findLanguageData(languages: readonly string[], options: LanguageDataOptions = {}): Promise<LanguageFile[] | null> {
  const found = await lookUp(languages, options);
  return found.length > 0 && found.every((file) => file !== null) ? found : null;
}

/** As findLanguageData; throws PermanentError OCR_LANGUAGE_MISSING that names what is missing and what to do. */
export async function getLanguageData(languages: readonly string[], options: LanguageDataOptions = {}): Promise<LanguageFile[]> {
  const found = await lookUp(languages, options);
  const missing = languages.filter((_, index) => found[index] === null);
  if (found.length > 0 && missing.length === 0) return found.filter((file) => file !== null);
  throw new PermanentError({
    code: 'OCR_LANGUAGE_MISSING',
    detail: `There is no OCR data for "${missing.join('+')}" on this machine: run \`gradeflow languages add ${missing.join(' ')}\`, put ${missing.map((l) => `${l}.traineddata`).join(', ')} into OCR_DATA_DIR, or install the system's package (on Debian ${missing.map((l) => `tesseract-ocr-${l.replaceAll('_', '-').toLowerCase()}`).join(', ')}).`,
  });
}

/** Every language that could be read now, by name, each with the data that would be used. */
export async function listLanguageData(options: LanguageDataOptions = {}): Promise<LanguageFile[]> {
  const languages = new Set<string>();
  for (const folder of plainFolders(options))
    for (const name of await readdir(folder).catch(() => [])) {
      const language = dataName.exec(name)?.[1];
      if (language) languages.add(language);
    }
  for (const folder of packageFolders()) for (const name of await readdir(folder).catch(() => [])) languages.add(name);
  const found = await lookUp([...languages].filter((language) => !notLanguages.has(language)).sort(), options);
  return found.filter((file) => file !== null);
}

/** What the data is, in a word or two: `fast`, or `fast+best_int` for languages of different sets. */
export function describeKinds(files: readonly LanguageFile[]): string {
  return [...new Set(files.map(({ kind }) => kind))].join('+');
}

/** Null where there is none. */
async function lookUp(languages: readonly string[], options: LanguageDataOptions): Promise<Array<LanguageFile | null>> {
  return Promise.all(languages.map((language) => lookUpOne(language, options)));
}

async function lookUpOne(language: string, options: LanguageDataOptions): Promise<LanguageFile | null> {
  if (!dataName.test(`${language}.traineddata`)) return null;
  const packaged = packageFolders().flatMap((folder) => packagedVariants.map((variant) => path.join(folder, language, variant)));
  for (const folder of [...plainFolders(options), ...packaged])
    for (const gzip of [false, true]) {
      const file = path.join(folder, `${language}.traineddata${gzip ? '.gz' : ''}`);
      if (existsSync(file)) return { language, file, folder, gzip, kind: await readLanguageKind(file, gzip) };
    }
  return null;
}

function plainFolders({ ocrDataDir }: LanguageDataOptions): string[] {
  return [...(ocrDataDir ? [path.resolve(ocrDataDir)] : []), ...systemFolders];
}

/** The scope's folder in each `node_modules` that this module can import from. */
function packageFolders(): string[] {
  return (createRequire(import.meta.url).resolve.paths(scope) ?? []).map((folder) => path.join(folder, scope));
}
