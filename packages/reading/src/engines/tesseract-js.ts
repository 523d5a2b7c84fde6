import { createRequire } from 'node:module';
import { UnavailableError } from '@gradeflow/errors';
import { createWorker, OEM, type RecognizeOptions } from 'tesseract.js';
import type { OcrEngine } from '../types.ts';
import { encodeSpix } from './encode-spix.ts';
import { getLanguageData, type LanguageDataOptions } from './language-data.ts';
import { nameEngine, pageMode, parameters } from './settings.ts';
import { getTessdataFolder } from './tessdata-folder.ts';
import { parseTsv } from './tsv.ts';

/**
 * tesseract.js with local language data, in a thread of its own; nothing is downloaded or cached. Throws PermanentError
 * OCR_LANGUAGE_MISSING when the data of a language is not there, UnavailableError OCR_ENGINE_FAILED when the engine does not start or read.
 */
export async function createTesseractJsEngine(languages: readonly string[], options: LanguageDataOptions = {}): Promise<OcrEngine> {
  const files = await getLanguageData(languages, options);
  // One packed language is unpacked by the library itself, in memory. (Languages as bytes, which its types allow, end in an error of version 7.0.0.)
  const [packed] = files.length === 1 ? files.filter(({ gzip }) => gzip) : [];
  const worker = await createWorker([...languages], OEM.LSTM_ONLY, {
    langPath: packed ? packed.folder : await getTessdataFolder(files),
    gzip: packed !== undefined,
    cacheMethod: 'none',
    // Without a handler the library throws outside of any promise.
    errorHandler: () => undefined,
  }).catch((error: unknown) => {
    throw engineFailed('start', error);
  });
  await worker.setParameters(parameters);
  return {
    name: nameEngine(`tesseract.js ${libraryVersion()}`, files),
    recognise: async (image, layout = 'page') => {
      const picture = encodeSpix(image);
      // Parameters beside the library's own options hold for this picture alone; its types do not know them.
      const mode = { tessedit_pageseg_mode: pageMode[layout] } as Partial<RecognizeOptions>;
      try {
        const { data: output } = await worker.recognize(picture, mode, { tsv: true, text: false });
        return { lines: parseTsv(output.tsv ?? '') };
      } catch (error) {
        throw engineFailed('read', error);
      }
    },
    close: async () => {
      await worker.terminate();
    },
  };
}

function libraryVersion(): string {
  const require = createRequire(import.meta.url);
  return (require('tesseract.js/package.json') as { version: string }).version;
}

/** The library rejects with strings as well as with errors. */
function engineFailed(what: string, cause: unknown): UnavailableError {
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new UnavailableError({ code: 'OCR_ENGINE_FAILED', detail: `The OCR engine did not ${what}: ${reason}`, cause });
}
