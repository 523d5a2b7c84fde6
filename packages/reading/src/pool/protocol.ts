import type { PageReading } from '@gradeflow/contracts';
import { AppError, PermanentError, type RefusedFileCode, RefusedFileError, refusedFileStatus, UnavailableError } from '@gradeflow/errors';
import type { OcrEngineName } from '../engines/choose-engine.ts';
import type { PaperProposal } from '../papers/types.ts';
import type { DocumentInfo, DocumentLimits, KnownPage, ReadPageRequest, ReadPageResult } from '../types.ts';

/** What a reading child is told once, as its only argument (JSON). */
export interface ChildSettings {
  limits: DocumentLimits;
  /** Folder with `<lang>.traineddata` to look at first; null for none. */
  ocrDataDir: string | null;
  /** `auto` when absent. */
  ocrEngine?: OcrEngineName | undefined;
  /** URL of a module that exports `createOcrEngine`, instead of the engines that are chosen from; null for none. */
  engineModule: string | null;
}

export type ChildTask =
  | { kind: 'inspect'; absolutePath: string }
  | { kind: 'read-page'; request: ReadPageRequest }
  | { kind: 'propose-questions'; pages: PageReading[] };

/** What a child is sent: a task, or the answer to its question with that number. */
export type ParentMessage = ChildTask | { kind: 'known'; question: number; page: KnownPage | null };

/** What each kind of task answers. */
export interface TaskResults {
  inspect: DocumentInfo;
  'read-page': ReadPageResult;
  'propose-questions': PaperProposal;
}

export type ChildAnswer =
  | { kind: 'ready' }
  /** In the middle of a task: was this page read before? */
  | { kind: 'is-known'; question: number; contentHash: string }
  | { kind: 'result'; value: TaskResults[keyof TaskResults]; rssBytes: number }
  | { kind: 'error'; error: PlainError; rssBytes: number };

/** An error as it crosses the process boundary: classes do not survive it. */
export interface PlainError {
  code: string;
  detail: string;
  retryable: boolean;
}

/** Errors that are not of the family become READING_FAILED, which may be repeated. */
export function toPlainError(error: unknown): PlainError {
  if (error instanceof AppError) return { code: error.code, detail: error.message, retryable: error.retryable };
  return { code: 'READING_FAILED', detail: error instanceof Error ? error.message : String(error), retryable: true };
}

export function fromPlainError({ code, detail, retryable }: PlainError): AppError {
  if (Object.hasOwn(refusedFileStatus, code)) return new RefusedFileError({ code: code as RefusedFileCode, detail });
  return retryable ? new UnavailableError({ code, detail }) : new PermanentError({ code, detail });
}
