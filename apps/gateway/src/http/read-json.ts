import { AppError, ValidationError } from '@gradeflow/errors';
import express, { type Request, type Response } from 'express';

const readers = new Map<number, ReturnType<typeof express.json>>();

function readerFor(maxBytes: number) {
  const known = readers.get(maxBytes);
  if (known) return known;
  const reader = express.json({ limit: maxBytes });
  readers.set(maxBytes, reader);
  return reader;
}

/**
 * Reads a JSON body; undefined when there is none. Throws ValidationError MALFORMED_JSON (400), AppError PAYLOAD_TOO_LARGE (413)
 * or UNSUPPORTED_MEDIA_TYPE (415).
 */
export async function readJson(req: Request, res: Response, maxBytes: number): Promise<unknown> {
  const hasBody = req.headers['transfer-encoding'] !== undefined || Number(req.headers['content-length'] ?? 0) > 0;
  if (!hasBody) return undefined;
  if (!req.is('json')) throw unsupportedMediaType('Send this body as application/json.');
  await new Promise<void>((resolve, reject) => {
    readerFor(maxBytes)(req, res, (error?: unknown) => (error ? reject(jsonProblem(error, maxBytes)) : resolve()));
  });
  return req.body;
}

/** 415 for a body in a form that this endpoint does not read. */
export function unsupportedMediaType(detail: string): AppError {
  return new AppError({ code: 'UNSUPPORTED_MEDIA_TYPE', status: 415, retryable: false, detail });
}

function jsonProblem(error: unknown, maxBytes: number): unknown {
  const type = (error as { type?: unknown }).type;
  if (type === 'entity.parse.failed')
    return new ValidationError({ code: 'MALFORMED_JSON', detail: 'The body is not valid JSON.', cause: error });
  if (type === 'entity.too.large')
    return new AppError({
      code: 'PAYLOAD_TOO_LARGE',
      status: 413,
      retryable: false,
      detail: `The body is larger than ${maxBytes} bytes.`,
      cause: error,
    });
  if (type === 'encoding.unsupported' || type === 'charset.unsupported')
    return unsupportedMediaType('This encoding or character set of the body is not read; use UTF-8.');
  if (type === 'request.aborted' || type === 'request.size.invalid')
    return new ValidationError({ code: 'REQUEST_ABORTED', detail: 'The body ended before it was complete.', cause: error });
  return error;
}
