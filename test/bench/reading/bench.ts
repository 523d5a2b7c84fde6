import { createReadingPool, type ReadingPool, type ReadingPoolOptions, type ReadPageRequest } from '@gradeflow/reading';
import type { PageSet } from './page-set.ts';
import type { PrintedPage } from './printed-pages.ts';

/** Children of a pool and jobs of the other programs: what is compared runs on as many cores. */
export const jobs = 2;

export type EngineName = 'tesseract.js' | 'native';

/** What every section gets. */
export interface Bench {
  set: PageSet;
  /** Scratch folder, removed at the end. */
  folder: string;
  /** A look at whether everything works: few pages, one round, figures that mean nothing. */
  quick: boolean;
  /** How often each side of a comparison is measured. */
  rounds: number;
  /** The engines of this machine, the one that is used by default first. */
  engines: [EngineName, ...EngineName[]];
  /** The printed pages, made at the first call; with `quick` three of them. */
  printed(): Promise<PrintedPage[]>;
}

/** A part of the results with a heading of its own. */
export interface Section {
  /** For `--only`. */
  name: string;
  title: string;
  /** Lines of Markdown. */
  run(bench: Bench): Promise<string[]>;
}

/** Runs work with a pool of two children of one engine and ends them. */
export async function withPool<T>(
  engine: EngineName,
  work: (pool: ReadingPool) => Promise<T>,
  options: Partial<ReadingPoolOptions> = {},
): Promise<T> {
  const limits = { maxPages: 500, maxPagePixels: 100_000_000 };
  const pool = createReadingPool({ size: jobs, limits, timeoutMs: 60_000, ocrEngine: engine, ...options });
  try {
    return await work(pool);
  } finally {
    await pool.close();
  }
}

/** A request for one page in English. */
export function pageRequest(absolutePath: string, mediaType: ReadPageRequest['file']['mediaType'], filePage = 1): ReadPageRequest {
  return { file: { absolutePath, mediaType }, filePage, number: filePage, languages: ['eng'] };
}
