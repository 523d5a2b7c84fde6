import type { Box, PageReading } from '@gradeflow/contracts';
import type { ReadPageResult } from '../types.ts';

/** In the engine's name of a page that a vision model has read too: `tesseract.js 7.0.0 eng fast + vision <model>`. */
export const visionMark = ' + vision ';

/** Somebody whose page it is or may be. */
export interface PagePerson {
  name: string;
  email: string;
}

export interface VisionReaderOptions {
  /** OpenAI's own when absent. */
  baseURL?: string | undefined;
  /** Must not be empty, also for servers without keys. */
  apiKey: string;
  model: string;
  /** Of one HTTP request; 40 s. */
  timeoutMs?: number;
  /** Of one page with all retries, waits and repairs; 60 s. */
  budgetMs?: number;
  /** Tries after the first; 2. */
  maxRetries?: number;
  /** First wait between tries, it doubles; 500 ms. A server's Retry-After wins. */
  retryDelayMs?: number;
  /** Pages in work at once; 4. */
  concurrency?: number;
  /** Painted out on every page, in shares of its width and height. */
  hiddenAreas?: readonly Box[];
}

/** Why a page was left as the engine read it: a code of the model client, or what was wrong with the transcript. */
export type VisionOutcome =
  | { kind: 'improved' /** 0–1, share of the words on which engine and model agree. */; agreement: number; painted: number }
  | { kind: 'kept'; reason: string /** A fault that has no code. */; error?: unknown };

export interface VisionReader {
  readonly model: string;
  /**
   * The page as engine and model read it together; the page as it was, with its doubts, when the model fails in any way, says nothing, or leaves out what
   * the engine is sure of. Only the picture leaves the process, with personal fields painted out;
   * `people` are all whose page it may be: of one person every part of the name is painted out, of several full names. Throws nothing but the reason of `signal`.
   */
  improve(
    page: ReadPageResult,
    options: { languages: readonly string[]; people: readonly PagePerson[]; deadlineMs?: number; signal?: AbortSignal },
  ): Promise<{ reading: PageReading; outcome: VisionOutcome }>;
}
