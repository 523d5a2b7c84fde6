import type { Writable } from 'node:stream';
import { AppError, RefusedFileError, ValidationError } from '@gradeflow/errors';
import type { IncomingEntry, ReceivedFile } from '@gradeflow/spool';
import type { Request, Response } from 'express';
import multer from 'multer';
import { boundaryOf } from './multipart/boundary.ts';
import { feedMultipart } from './multipart/feed-multipart.ts';
import { createFileBody, type FileBody } from './multipart/file-body.ts';
import { unsupportedMediaType } from './read-json.ts';

export interface UploadLimits {
  /** Of all files together. */
  maxBytes: number;
  /** Files and, later, pages. */
  maxPages: number;
  /** How much is collected before it is written. */
  batchBytes?: number;
  /** Told how many bytes are written next; what it throws refuses the upload. */
  admit?: (bytes: number) => void;
}

export interface NamedFile extends ReceivedFile {
  /** As the client called it; any text. */
  name: string;
}

/** Room for boundaries, headers and text fields beside the files. */
const multipartOverheadBytes = 1_000_000;

/** How many bytes of body a request says that it has; 0 when it does not say. */
export function announcedBytes(req: Request): number {
  return Number(req.headers['content-length'] ?? 0);
}

/** Refuses by the announced length, before a byte is read. Throws RefusedFileError FILE_TOO_LARGE. */
export function refuseTooLong(req: Request, limits: UploadLimits): void {
  if (announcedBytes(req) > limits.maxBytes + multipartOverheadBytes) throw tooLarge(limits);
}

/**
 * Streams the `file` parts of a multipart body into the entry, hashed, and gives the text fields as they came. Once it has settled, well or
 * not, nothing writes to the entry any more, so that it can be discarded. Throws RefusedFileError, ValidationError FILE_MISSING and
 * VALIDATION_FAILED, AppError REQUEST_ABORTED when the client went away.
 */
export async function receiveUpload(
  req: Request,
  res: Response,
  entry: IncomingEntry,
  limits: UploadLimits,
): Promise<{ files: NamedFile[]; fields: Record<string, unknown> }> {
  if (req.headers['content-type'] === undefined) throw fileMissing();
  if (!req.is('multipart/form-data')) throw unsupportedMediaType('Send the file as multipart/form-data, in the part "file".');
  const engine = spoolEngine(entry, limits);
  const options: StreamHandledOptions = {
    storage: engine.storage,
    streamHandler: (_req, parser) => feedMultipart(req, parser, boundaryOf(req.headers['content-type']), engine.takeOpened),
    limits: { files: limits.maxPages, fields: 8, fieldSize: 2_000, fieldNameSize: 50, headerPairs: 20, parts: limits.maxPages + 8 },
    defParamCharset: 'utf8',
  };
  const receive = multer(options).array('file');
  try {
    await new Promise<void>((resolve, reject) => receive(req, res, (error: unknown) => (error ? reject(error) : resolve())));
  } catch (error) {
    // The spool's refusal ends the part, which the parser may report first, as a broken body.
    const failure = await engine.settled();
    throw uploadProblem(failure instanceof AppError ? failure : error, limits);
  }
  if (engine.files.length === 0) throw fileMissing();
  return { files: engine.files, fields: { ...req.body } };
}

/** multer has this since 2.4; its types do not know it yet. */
interface StreamHandledOptions extends multer.Options {
  streamHandler: (req: Request, parser: Writable) => void;
}

/**
 * Files go to the spool one after another, in the order of the parts, so that they share one budget of bytes. Their content does not come from multer, which
 * sees only where a file begins and ends.
 */
function spoolEngine(entry: IncomingEntry, limits: UploadLimits) {
  const files: NamedFile[] = [];
  let queue: Promise<void> = Promise.resolve();
  let bytes = 0;
  let opened: FileBody | null = null;

  const receive = async (file: Express.Multer.File, body: FileBody): Promise<void> => {
    const { maxBytes, maxPages: _, ...how } = limits;
    const ofFile = { ...how, maxBytes: maxBytes - bytes, ownsChunks: true as const };
    const received = await entry.receiveFile(files.length, body.stream, ofFile);
    bytes += received.bytes;
    files.push({ ...received, name: file.originalname });
  };

  const storage: multer.StorageEngine = {
    _handleFile: (_req, file, callback) => {
      const body = createFileBody();
      opened = body;
      // What little the parser saw of the content; it says when the body broke off.
      file.stream.resume().once('error', (error) => body.stream.destroy(error));
      queue = queue.then(() => receive(file, body));
      queue.then(
        () => callback(null, {}),
        (error: unknown) => callback(error),
      );
    },
    // The whole entry is discarded at once.
    _removeFile: (_req, _file, callback) => callback(null),
  };
  /** Resolves once nothing is written any more, with what went wrong. */
  const settled = () =>
    queue.then(
      () => null,
      (error: unknown) => error,
    );
  const takeOpened = (): FileBody | null => {
    const body = opened;
    opened = null;
    return body;
  };
  return { storage, files, settled, takeOpened };
}

function tooLarge(limits: UploadLimits): RefusedFileError {
  return new RefusedFileError({ code: 'FILE_TOO_LARGE', detail: `An upload may have ${limits.maxBytes} bytes.` });
}

function fileMissing(): ValidationError {
  return new ValidationError({ code: 'FILE_MISSING', detail: 'There is no file in this upload: send it as the part "file".' });
}

function uploadProblem(error: unknown, limits: UploadLimits): unknown {
  if (error instanceof multer.MulterError) return multerProblem(error, limits);
  if (error instanceof RefusedFileError && error.code === 'FILE_TOO_LARGE') return tooLarge(limits);
  if (error instanceof AppError || (error instanceof Error && 'syscall' in error)) return error;
  // What is left comes from the parser: a body that is no multipart, or that ended too early.
  return new ValidationError({ code: 'MALFORMED_MULTIPART', detail: 'The multipart body is broken or was cut off.', cause: error });
}

function multerProblem(error: multer.MulterError, limits: UploadLimits): AppError {
  if (error.code === 'LIMIT_FILE_COUNT' || error.code === 'LIMIT_PART_COUNT')
    return new RefusedFileError({ code: 'TOO_MANY_PAGES', detail: `An upload may have ${limits.maxPages} pages.` });
  const field = error.field ?? '';
  return new ValidationError({
    detail: 'The form has a part that does not belong there or is too long.',
    errors: [{ path: `/${field.replaceAll('~', '~0').replaceAll('/', '~1')}`, message: error.message }],
  });
}
