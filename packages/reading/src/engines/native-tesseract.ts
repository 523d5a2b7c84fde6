import { spawn } from 'node:child_process';
import type { Readable } from 'node:stream';
import { UnavailableError } from '@gradeflow/errors';
import type { GreyImage, OcrEngine, OcrLayout } from '../types.ts';
import { encodePgm } from './encode-pgm.ts';
import { getLanguageData, type LanguageDataOptions, type LanguageFile } from './language-data.ts';
import type { NativeTesseract } from './native-binary.ts';
import { nameEngine, pageMode, parameters } from './settings.ts';
import { getTessdataFolder } from './tessdata-folder.ts';
import { parseTsv } from './tsv.ts';

/** Longer than any page may take: whoever waits has given up by then. */
const longestReadMs = 120_000;
/** Of what the program says when it fails. */
const keptNoise = 500;

/**
 * The system's `tesseract`, one process a picture: nothing is kept in memory between pages, and no page can depend on another one. Processes
 * belong to the process group of their starter and are killed by `close`. Throws PermanentError OCR_LANGUAGE_MISSING when the data of a language is
 * not there; `recognise` throws UnavailableError OCR_ENGINE_FAILED when the program does not start, fails, or takes more than two minutes.
 */
export async function createNativeEngine(
  binary: NativeTesseract,
  languages: readonly string[],
  options: LanguageDataOptions = {},
): Promise<OcrEngine> {
  const files = await getLanguageData(languages, options);
  const closing = new AbortController();
  return {
    name: nameEngine(`tesseract ${binary.version}`, files),
    recognise: async (image, layout = 'page') => ({
      lines: parseTsv(await runTesseract(binary.file, await argumentsFor(files, layout), image, closing.signal)),
    }),
    close: async () => closing.abort(),
  };
}

/** The folder is asked for at each page: a long-lived process must not trip over what a cleaner of temporary files took away. */
async function argumentsFor(files: readonly LanguageFile[], layout: OcrLayout): Promise<string[]> {
  const settings = { ...parameters, tessedit_create_tsv: '1', tessedit_create_txt: '0' };
  return [
    ...['stdin', 'stdout', '--tessdata-dir', await getTessdataFolder(files), '-l', files.map(({ language }) => language).join('+')],
    ...['--oem', '1', '--psm', pageMode[layout]],
    ...Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]),
  ];
}

/** Picture in, TSV out. */
async function runTesseract(file: string, args: string[], image: GreyImage, signal: AbortSignal): Promise<string> {
  const picture = encodePgm(image);
  const child = spawn(file, args, {
    // Pages are spread over processes: a second thread within one would only take the core of another page.
    env: { PATH: process.env.PATH, LANG: 'C', OMP_THREAD_LIMIT: '1' },
    stdio: ['pipe', 'pipe', 'pipe'],
    timeout: longestReadMs,
    killSignal: 'SIGKILL',
    signal,
  });
  const output = collect(child.stdout);
  const noise = collect(child.stderr);
  // A program that ends before it has read all of the picture breaks the pipe; its exit code says why.
  child.stdin.on('error', () => undefined).end(picture);
  const fault = await new Promise<string | null>((resolve) => {
    child.once('error', (error) => resolve(error.message));
    child.once('close', (code, by) => resolve(code === 0 ? null : by ? `ended by ${by}` : `ended with ${code}`));
  });
  if (fault === null) return output();
  throw new UnavailableError({ code: 'OCR_ENGINE_FAILED', detail: `tesseract ${fault}: ${noise().trim().slice(-keptNoise)}` });
}

function collect(stream: Readable): () => string {
  const chunks: Buffer[] = [];
  stream.on('data', (chunk: Buffer) => chunks.push(chunk));
  return () => Buffer.concat(chunks).toString('utf8');
}
