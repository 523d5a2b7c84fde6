import type { Readable } from 'node:stream';

export interface StoredObject {
  key: string;
  bytes: number;
}

/** Where originals, page pictures and reports rest for good. Keys are relative, `/`-separated, without `..`. */
export interface Storage {
  /** Copies a local file. Verifies length and, when given, sha256 while copying; a wrong hash throws and leaves nothing. Writing the same key again is harmless. */
  putFile(key: string, absolutePath: string, expected?: { sha256?: string }): Promise<StoredObject>;
  putBytes(key: string, bytes: Uint8Array): Promise<StoredObject>;
  /** Null when there is no such object. */
  find(key: string): Promise<StoredObject | null>;
  /** `range` is inclusive, in bytes. Throws NotFoundError. */
  read(key: string, range?: { start: number; end: number }): Promise<Readable>;
  readBytes(key: string): Promise<Buffer>;
  /** Removes everything below `prefix/`. */
  removeAll(prefix: string): Promise<void>;
  /** Throws UnavailableError with the cause when the storage can't be used. */
  probe(): Promise<void>;
}

/** Keys of what an upload leaves behind. */
export const storageKeys = {
  submission: (id: string) => `submissions/${id}`,
  original: (id: string, manifestPath: string) => `submissions/${id}/${manifestPath}`,
  pagePicture: (id: string, page: number) => `submissions/${id}/pages/${page}.webp`,
  questionPaper: (id: string) => `question-papers/${id}`,
  paperOriginal: (id: string, manifestPath: string) => `question-papers/${id}/${manifestPath}`,
  paperPicture: (id: string, page: number) => `question-papers/${id}/pages/${page}.webp`,
  report: (id: string, format: string) => `reports/${id}.${format}`,
} as const;
