import type { OcrEngine, OcrLayout } from '../types.ts';
import { getLanguageData, type LanguageDataOptions, type LanguageFile } from './language-data.ts';
import type { NativeTesseract } from './native-binary.ts';
import { type NativeProcess, startNativeProcess } from './native-process.ts';
import { nameEngine, pageMode, parameters } from './settings.ts';
import { getTessdataFolder } from './tessdata-folder.ts';
import { parseTsv } from './tsv.ts';

/** Programs are kept while this process holds less, in bytes: one for whole pages holds up to 61 MB beside it, one for other layouts 36, and all together shall stay below 400 MB. */
const keepBelow = 275e6;

/**
 * The system's `tesseract`, a process for each layout that is asked for, kept for further pictures while memory allows; it learns nothing from what it reads, so that no page
 * can depend on another one. Processes belong to the process group of their starter and are killed by `close`. Throws PermanentError
 * OCR_LANGUAGE_MISSING when the data of a language is not there; `recognise` throws UnavailableError OCR_ENGINE_FAILED when the program does not
 * start, fails, or takes more than two minutes, and starts another one at the next picture. `residentBytes`: what this process holds.
 */
export async function createNativeEngine(
  binary: NativeTesseract,
  languages: readonly string[],
  options: LanguageDataOptions = {},
  residentBytes: () => number = process.memoryUsage.rss,
): Promise<OcrEngine> {
  const files = await getLanguageData(languages, options);
  const closing = new AbortController();
  const kept = new Map<OcrLayout, NativeProcess>();
  let last: Promise<unknown> = Promise.resolve();
  const read = async (...[image, layout = 'page']: Parameters<OcrEngine['recognise']>) => {
    const ready = kept.get(layout);
    const running = ready?.isAlive() ? ready : await startNativeProcess(binary.file, await argumentsFor(files, layout), closing.signal);
    kept.set(layout, running);
    const tsv = await running.read(image);
    if (residentBytes() > keepBelow) {
      running.end();
      kept.delete(layout);
    }
    return { lines: parseTsv(tsv) };
  };
  return {
    name: nameEngine(`tesseract ${binary.version}`, files),
    recognise: (image, layout) => {
      const reading = last.then(() => read(image, layout));
      last = reading.catch(() => undefined);
      return reading;
    },
    close: async () => closing.abort(),
  };
}

async function argumentsFor(files: readonly LanguageFile[], layout: OcrLayout): Promise<string[]> {
  const settings = { ...parameters, tessedit_create_tsv: '1', tessedit_create_txt: '0' };
  return [
    ...['stdin', 'stdout', '--tessdata-dir', await getTessdataFolder(files), '-l', files.map(({ language }) => language).join('+')],
    ...['--oem', '1', '--psm', pageMode[layout]],
    ...Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]),
  ];
}
