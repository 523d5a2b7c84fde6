import { createRequire } from 'node:module';
import { UnavailableError } from '@gradeflow/errors';
import { createWorker, OEM } from 'tesseract.js';
import type { GreyImage, OcrEngine } from '../types.ts';
import { getLanguageData } from './language-data.ts';
import { parseTsv } from './tsv.ts';

/**
 * Page mode 3 (automatic) reads best on whole pages and the inversion test gains nothing. The last three keep the engine from
 * learning from earlier pages, so that a page reads the same whatever was read before it.
 */
const parameters: Record<string, string> = {
  tessedit_pageseg_mode: '3',
  tessedit_do_invert: '0',
  classify_enable_learning: '0',
  classify_enable_adaptive_matcher: '0',
  tessedit_enable_doc_dict: '0',
};

export interface OcrEngineOptions {
  /** Folder with `<lang>.traineddata` to look at first. */
  ocrDataDir?: string | null | undefined;
}

/**
 * tesseract.js with local language data, in a thread of its own; nothing is downloaded or cached. Throws PermanentError
 * OCR_LANGUAGE_MISSING when the data of a language is not there, UnavailableError OCR_ENGINE_FAILED when the engine does not start or read.
 */
export async function createTesseractJsEngine(languages: readonly string[], options: OcrEngineOptions = {}): Promise<OcrEngine> {
  const data = await getLanguageData(languages, options);
  const worker = await createWorker([...languages], OEM.LSTM_ONLY, {
    langPath: data.folder,
    gzip: data.gzip,
    cacheMethod: 'none',
    // Without a handler the library throws outside of any promise.
    errorHandler: () => undefined,
  }).catch((error: unknown) => {
    throw engineFailed('start', error);
  });
  await worker.setParameters(parameters);
  return {
    name: `tesseract.js ${libraryVersion()} ${languages.join('+')} ${data.kind}`,
    recognise: async (image) => {
      const picture = encodePgm(image);
      try {
        const { data: output } = await worker.recognize(picture, {}, { tsv: true, text: false });
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

/** Binary PGM (netpbm P5): the cheapest picture that the engine takes. */
function encodePgm({ width, height, data }: GreyImage): Buffer {
  if (data.length !== width * height) throw new RangeError(`${data.length} bytes are no grey picture of ${width} × ${height}`);
  return Buffer.concat([Buffer.from(`P5\n${width} ${height}\n255\n`, 'latin1'), data]);
}

/** The library rejects with strings as well as with errors. */
function engineFailed(what: string, cause: unknown): UnavailableError {
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new UnavailableError({ code: 'OCR_ENGINE_FAILED', detail: `The OCR engine did not ${what}: ${reason}`, cause });
}
