import { AppError, ValidationError } from '@gradeflow/errors';
import express, { type Request, type Response } from 'express';
import multer from 'multer';
import { unsupportedMediaType } from './read-json.ts';

/**
 * A text file from a request: a body of `text/csv`, or the part `file` of a form (`part`). Null for a body of another kind. Throws ValidationError
 * FILE_MISSING and MALFORMED_BODY; 413 above `maxBytes`, 415 for another character set.
 */
export async function readTextFile(req: Request, res: Response, maxBytes: number): Promise<{ text: string; part: boolean } | null> {
  if (req.is('text/csv')) {
    await run(express.text({ type: 'text/csv', limit: maxBytes }), req, res, maxBytes);
    return { text: typeof req.body === 'string' ? req.body : '', part: false };
  }
  if (!req.is('multipart/form-data')) return null;
  const limits = { files: 1, fileSize: maxBytes, fields: 0, parts: 1 };
  await run(multer({ storage: multer.memoryStorage(), limits }).single('file'), req, res, maxBytes);
  if (!req.file) throw new ValidationError({ code: 'FILE_MISSING', detail: 'There is no file in this form: send it as the part "file".' });
  return { text: req.file.buffer.toString('utf8'), part: true };
}

type Reader = (req: Request, res: Response, next: (error?: unknown) => void) => void;

async function run(reader: Reader, req: Request, res: Response, maxBytes: number): Promise<void> {
  await new Promise<void>((resolve, reject) => reader(req, res, (error) => (error ? reject(problemOf(error, maxBytes)) : resolve())));
}

function problemOf(error: unknown, maxBytes: number): AppError {
  const { type, code } = error as { type?: unknown; code?: unknown };
  if (type === 'entity.too.large' || code === 'LIMIT_FILE_SIZE')
    return new AppError({
      code: 'PAYLOAD_TOO_LARGE',
      status: 413,
      retryable: false,
      detail: `The file is larger than ${maxBytes} bytes.`,
      cause: error,
    });
  if (type === 'charset.unsupported' || type === 'encoding.unsupported') return unsupportedMediaType('Send the file in UTF-8.');
  return new ValidationError({
    code: 'MALFORMED_BODY',
    detail: 'The body is broken, was cut off, or has other parts than one "file".',
    cause: error,
  });
}
