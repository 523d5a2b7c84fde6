import { stat } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import path from 'node:path';
import { loadConfig, ocrEnv, uploadLimitsEnv } from '@gradeflow/config';
import { type PageReading, unreadablePage } from '@gradeflow/contracts';
import { AppError, describeError, UnavailableError, ValidationError } from '@gradeflow/errors';
import type { DocumentFile, ReadingPool } from '@gradeflow/reading';
import { z } from 'zod';
import { dataDirOption, ocrDataFolder } from '../env.ts';
import { mapInOrder } from './map-in-order.ts';

export interface ReadDocument {
  /** As the person wrote it. */
  file: string;
  pages: PageReading[];
}

/** A pool as large as the machine, with the limits of the environment (MAX_PAGES, MAX_PAGE_PIXELS, OCR_DATA_DIR, DATA_DIR, OCR_ENGINE,
 * OCR_CONCURRENCY). Throws UnavailableError OCR_ENGINE_MISSING. */
export async function createLocalPool(): Promise<{ pool: ReadingPool; size: number }> {
  const { createReadingPool, findChosenNative } = await import('@gradeflow/reading');
  const env = loadConfig(z.object({ ...ocrEnv, ...uploadLimitsEnv, ...dataDirOption }), process.env);
  // Asked now, so that a missing engine is told once and not for each page.
  await findChosenNative(env.OCR_ENGINE);
  const size = env.OCR_CONCURRENCY ?? availableParallelism();
  const limits = { maxPages: env.MAX_PAGES, maxPagePixels: env.MAX_PAGE_PIXELS };
  return { pool: createReadingPool({ size, limits, ocrDataDir: ocrDataFolder(env), ocrEngine: env.OCR_ENGINE }), size };
}

/**
 * Reads all pages of a file. A page that cannot be read is in the answer with engine `unreadable` and its failure in words.
 * Throws RefusedFileError for a file that would be refused by the server, ValidationError for one that is not there.
 */
export async function readDocument(options: {
  pool: ReadingPool;
  file: string;
  languages: string[];
  concurrency: number;
  onPage?: (done: number, total: number) => void;
}): Promise<ReadDocument> {
  const { pool, file, languages, concurrency, onPage } = options;
  const absolutePath = path.resolve(file);
  const info = await inspect(pool, absolutePath);
  const document = { absolutePath, mediaType: info.mediaType };
  const numbers = Array.from({ length: info.pages }, (_, i) => i + 1);
  const pages: PageReading[] = [];
  for await (const reading of mapInOrder(numbers, concurrency, (number) => readOnePage(pool, document, number, languages))) {
    pages.push(reading);
    onPage?.(pages.length, info.pages);
  }
  return { file, pages };
}

/** The pool cannot tell a missing file from a broken one: its children answer with faults of their own. */
async function inspect(pool: ReadingPool, absolutePath: string) {
  const found = await stat(absolutePath).catch(() => null);
  if (!found?.isFile()) throw new ValidationError({ code: 'FILE_NOT_FOUND', detail: 'There is no such file.' });
  return pool.inspect(absolutePath);
}

async function readOnePage(pool: ReadingPool, file: DocumentFile, number: number, languages: string[]): Promise<PageReading> {
  const request = { file, filePage: number, number, languages };
  try {
    const { reading } = await pool.readPage(request).catch((error: unknown) => {
      // A reading process that died may have died of the page before; one more try tells.
      if (error instanceof UnavailableError) return pool.readPage(request);
      throw error;
    });
    return reading;
  } catch (error) {
    // Without the language no page can be read: that is not the page's fault.
    if (!(error instanceof AppError) || error.code === 'OCR_LANGUAGE_MISSING') throw error;
    return unreadablePage(number, describeError(error).detail);
  }
}
