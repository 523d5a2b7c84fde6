import type { MediaType, PageDoubt, PageReading } from '@gradeflow/contracts';
import type { PaperProposal } from './papers/types.ts';

export interface DocumentLimits {
  maxPages: number;
  /** Pixels of one decoded image. */
  maxPagePixels: number;
}

export interface DocumentFile {
  absolutePath: string;
  mediaType: MediaType;
}

/** What a look at a file tells before anything is queued. */
export interface DocumentInfo {
  mediaType: MediaType;
  /** Frames of a TIFF, pages of a PDF, 1 otherwise. */
  pages: number;
}

export interface ReadPageRequest {
  file: DocumentFile;
  /** 1-based inside the file. */
  filePage: number;
  /** 1-based over the whole submission; only copied to the answer. */
  number: number;
  languages: string[];
  /** `paper`: a question paper, whose number and marks columns are read once more. `answers` without. */
  purpose?: 'answers' | 'paper' | undefined;
}

export interface ReadPageResult {
  reading: PageReading;
  /** WebP of the upright page, exactly `reading.width` × `reading.height`. */
  picture: Uint8Array;
}

export interface ReadPageOptions {
  signal?: AbortSignal;
  /** Asked before a page is read by OCR: an earlier reading with this `contentHash`, or null. Must not reject. */
  findKnown?: (contentHash: string) => Promise<KnownPage | null>;
}

/** Reading in child processes that may crash or be killed without harm to the caller. */
export interface ReadingPool {
  /**
   * Content type by content, page count, and every refusal that can be known without rendering.
   * Throws RefusedFileError (UNSUPPORTED_FILE_TYPE, EMPTY_FILE, PDF_ENCRYPTED, PDF_UNREADABLE, IMAGE_UNREADABLE, TOO_MANY_PAGES, IMAGE_TOO_LARGE, PAGE_TOO_LARGE).
   */
  inspect(absolutePath: string, options?: { signal?: AbortSignal }): Promise<DocumentInfo>;
  /** Throws PermanentError PAGE_UNREADABLE for a page that can't be rendered, UnavailableError READER_CRASHED when the child died while it read. */
  readPage(request: ReadPageRequest, options?: ReadPageOptions): Promise<ReadPageResult>;
  /** What the pages of a question paper ask; up to 0.2 s of CPU a page, so not on an event loop. */
  proposeQuestions(pages: PageReading[], options?: { signal?: AbortSignal }): Promise<PaperProposal>;
  close(): Promise<void>;
}

/** Grey pixels to read, one byte each, row by row. */
export interface GreyImage {
  width: number;
  height: number;
  data: Uint8Array;
}

export interface RecognisedWord {
  text: string;
  /** 0–1. */
  confidence: number;
  box: [number, number, number, number];
}

/** How a picture is laid out: a whole page with whatever columns it has (default), one column, lines close below each other, one line of text, or words anywhere. */
export type OcrLayout = 'page' | 'column' | 'block' | 'line' | 'sparse';

/** An OCR engine: words in reading order, grouped in lines, in the pixels of the picture it was given. */
export interface OcrEngine {
  /** e.g. `tesseract.js 7.0.0 eng best_int`. */
  readonly name: string;
  recognise(image: GreyImage, layout?: OcrLayout): Promise<{ lines: RecognisedWord[][] }>;
  close(): Promise<void>;
}

/** A reading of the same pixels that was made before. */
export interface KnownPage {
  /** What read it then. */
  engine: string;
  lines: RecognisedWord[][];
  confidence: number;
  doubts: PageDoubt[];
}

/** A stretch of words of the sheet: page and word range `[from, to)`. */
export interface WordRange {
  page: number;
  from: number;
  to: number;
}

export interface SegmentAnswersOptions {
  /** The questions' own texts by number, as far as they are known: a copied question belongs to its label, not to the answer. */
  prompts?: Readonly<Record<string, string>>;
}

/** What the sheet says to one question. */
export interface SegmentedAnswer {
  /** The question's number as the key writes it. */
  number: string;
  /** The answer's words joined; line breaks kept. */
  text: string;
  /** For each word of `text`: where it stands in `text` and which word of which page it is. */
  words: Array<{ start: number; end: number; page: number; index: number }>;
}

export interface Segmentation {
  /** One for each number found, in the order of the key. */
  answers: SegmentedAnswer[];
  /** What belongs to no question (headers, names, margins); shown, never dropped. */
  unassigned: WordRange[];
  /** The printed or written question numbers with their marks and the copied question; `number` as the key writes it, null for a heading above parts. */
  labels: Array<WordRange & { number: string | null }>;
  /** Numbers whose answer may begin or end elsewhere: a left-over look-alike inside it, or found out of order. */
  doubtful: string[];
}
