import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import { UnavailableError, ValidationError } from '@gradeflow/errors';

const execute = promisify(execFile);

/** The version whose folders are known; there is no other so far. */
const packageVersion = '1.0.0';
/** Folders of the package, best first: the small networks read as well as the large set, which also holds what the legacy engine needs. */
const variants = ['4.0.0_best_int', '4.0.0'];
const longestFetchMs = 300_000;
/** Of what npm says when it fails: the first lines name the fault. */
const keptLines = 4;

/**
 * Fetches the OCR data of one language (tesseract's name, e.g. `deu`) as npm's package `@tesseract.js-data/<lang>`, from the registry that the person's
 * npm is configured for, and writes `<lang>.traineddata` into `folder`, complete or not at all. Returns the file. Throws ValidationError
 * UNKNOWN_LANGUAGE when there is no such package, UnavailableError LANGUAGE_NOT_FETCHED when npm cannot reach its registry.
 */
export async function fetchLanguage(language: string, folder: string): Promise<string> {
  if (!/^[A-Za-z_]{2,20}$/.test(language)) throw unknown(language);
  const scratch = await mkdtemp(path.join(tmpdir(), 'gradeflow-language-'));
  try {
    await install(language, scratch);
    const data = await unpack(language, path.join(scratch, 'node_modules/@tesseract.js-data', language));
    await mkdir(folder, { recursive: true });
    const file = path.join(folder, `${language}.traineddata`);
    const aside = path.join(folder, `.${randomUUID()}.tmp`);
    await writeFile(aside, data);
    await rename(aside, file);
    return file;
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

/** npm runs no script of the package. */
async function install(language: string, scratch: string): Promise<void> {
  const args = [
    'install',
    '--prefix',
    scratch,
    '--no-save',
    '--no-audit',
    '--no-fund',
    '--ignore-scripts',
    '--loglevel=error',
    '--fetch-retries=1',
  ];
  const [program, ...first] = npmCommand();
  try {
    await execute(program, [...first, ...args, `@tesseract.js-data/${language}@${packageVersion}`], {
      cwd: scratch,
      env: process.env,
      timeout: longestFetchMs,
    });
  } catch (error) {
    const said = (error as { stderr?: string }).stderr?.trim() || (error instanceof Error ? error.message : String(error));
    if (/\bE404\b|\bETARGET\b/.test(said)) throw unknown(language, error);
    const detail = `npm could not fetch the data for "${language}" (is its registry in reach? \`npm config get registry\`): ${said.split('\n').slice(0, keptLines).join(' ')}`;
    throw new UnavailableError({ code: 'LANGUAGE_NOT_FETCHED', detail, cause: error });
  }
}

/** The npm that started this process, else the one on the PATH. */
function npmCommand(): [string, ...string[]] {
  const own = process.env.npm_execpath;
  return own !== undefined && path.basename(own) === 'npm-cli.js' ? [process.execPath, own] : ['npm'];
}

async function unpack(language: string, folder: string): Promise<Buffer> {
  const packed = variants.map((variant) => path.join(folder, variant, `${language}.traineddata.gz`)).find((file) => existsSync(file));
  if (packed) return promisify(gunzip)(await readFile(packed));
  throw new UnavailableError({ code: 'LANGUAGE_NOT_FETCHED', detail: `npm's package for "${language}" holds no data.` });
}

function unknown(language: string, cause?: unknown): ValidationError {
  return new ValidationError({
    code: 'UNKNOWN_LANGUAGE',
    detail: `There is no OCR data for "${language}" on npm: name a language as tesseract does, e.g. deu for German or fra for French.`,
    cause,
  });
}
