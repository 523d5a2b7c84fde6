import type { IncomingMessage } from 'node:http';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { AppError } from '@gradeflow/errors';
import type { Request, Response } from 'express';

/** Bytes that can be read from any place, wherever they rest. */
export interface ByteSource {
  bytes: number;
  read(range?: { start: number; end: number }): Promise<Readable>;
}

export interface FileAnswer {
  source: ByteSource;
  contentType: string;
  /** Strong, quoted. */
  etag: string;
  /** Given: offered for saving under this name. */
  downloadName?: string;
  cacheControl: string;
}

/** RFC 6266: a plain name for old clients, the full one in UTF-8 (RFC 5987). Control and path characters never get through. */
export function contentDisposition(name: string): string {
  const clean =
    name
      .replace(/[\p{Cc}/\\]/gu, '_')
      .toWellFormed()
      .slice(0, 200) || 'file';
  const plain = clean.replace(/[^\x20-\x7e]|["%]/g, '_');
  const full = encodeURIComponent(clean).replace(/['()*]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`);
  return `attachment; filename="${plain}"; filename*=UTF-8''${full}`;
}

/** Sends a file: `ETag` and 304, one `Range` (206, 416), HEAD. A client that goes away in the middle is no error. */
export async function sendFile(req: Request, res: Response, file: FileAnswer): Promise<void> {
  res.set({ ETag: file.etag, 'Cache-Control': file.cacheControl, 'Accept-Ranges': 'bytes' });
  if (isKnown(req, file.etag)) return void res.status(304).end();
  const range = rangeOf(req, file);
  if (range === 'unsatisfiable') {
    res.set('Content-Range', `bytes */${file.source.bytes}`);
    throw new AppError({
      code: 'RANGE_NOT_SATISFIABLE',
      status: 416,
      retryable: false,
      detail: `The file has ${file.source.bytes} bytes.`,
    });
  }
  res.set('Content-Type', file.contentType);
  if (file.downloadName !== undefined) res.set('Content-Disposition', contentDisposition(file.downloadName));
  if (range) res.status(206).set('Content-Range', `bytes ${range.start}-${range.end}/${file.source.bytes}`);
  res.set('Content-Length', String(range ? range.end - range.start + 1 : file.source.bytes));
  if (req.method === 'HEAD') return void res.end();
  const stream = await file.source.read(range ?? undefined);
  try {
    await pipeline(stream, res);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ERR_STREAM_PREMATURE_CLOSE') throw error;
  }
}

/**
 * Whether the client has this version (RFC 9110, 13.1.2). Not `req.fresh`: that one obeys `Cache-Control: no-cache` in a request, which speaks to caches
 * and which `fetch` adds to every `If-None-Match` of its caller.
 */
export function isKnown(req: IncomingMessage, etag: string): boolean {
  const given = req.headers['if-none-match'];
  if (given === undefined || given === etag) return given === etag;
  const tags = given.split(',').map((tag) => tag.trim().replace(/^W\//, ''));
  return tags.includes('*') || tags.includes(etag);
}

/** `If-Range` with another version, several ranges and unknown units mean the whole file. */
function rangeOf(req: Request, file: FileAnswer): { start: number; end: number } | 'unsatisfiable' | null {
  const condition = req.get('If-Range');
  if (condition !== undefined && condition !== file.etag) return null;
  const ranges = req.range(file.source.bytes, { combine: true });
  if (ranges === undefined || ranges === -2) return null;
  if (ranges === -1) return 'unsatisfiable';
  const [only] = ranges;
  return ranges.type === 'bytes' && ranges.length === 1 && only ? only : null;
}
