import { AppError, ConflictError, NotFoundError, RefusedFileError, UnavailableError, ValidationError } from '@gradeflow/errors';
import { ERRORS } from '@tus/server';
import { unsupportedMediaType } from '../../http/read-json.ts';

type TusError = Error | { status_code: number; body: string };

export const uploadNotFound = () => new NotFoundError({ code: 'UPLOAD_NOT_FOUND', detail: 'There is no such upload.' });

/** Bytes could not be written: a fault of the volume, whichever. */
export class UploadNotWrittenError extends UnavailableError {}

/** The named problem of an error of the tus server; errors of the inside come back as they are. */
export function tusProblem(error: TusError): Error {
  if (error instanceof AppError) return error;
  switch (error as unknown) {
    case ERRORS.FILE_NOT_FOUND:
      return uploadNotFound();
    case ERRORS.FILE_NO_LONGER_EXISTS:
      return new AppError({ code: 'UPLOAD_EXPIRED', status: 410, retryable: false, detail: 'This upload has expired; begin it again.' });
    case ERRORS.INVALID_OFFSET:
      return new ConflictError({ code: 'UPLOAD_OFFSET_CONFLICT', detail: 'The upload stands at another offset; HEAD tells which.' });
    case ERRORS.MISSING_OFFSET:
      return new ValidationError({ detail: 'Upload-Offset is missing.', errors: [{ path: '/Upload-Offset', message: 'is required' }] });
    case ERRORS.INVALID_LENGTH:
      return new ValidationError({ detail: 'Upload-Length is missing.', errors: [{ path: '/Upload-Length', message: 'is required' }] });
    case ERRORS.INVALID_CONTENT_TYPE:
      return unsupportedMediaType('Send the bytes as application/offset+octet-stream.');
    case ERRORS.ERR_LOCK_TIMEOUT:
      return new AppError({
        code: 'UPLOAD_LOCKED',
        status: 423,
        retryable: true,
        retryAfterSeconds: 1,
        detail: 'Another call about this upload is still running.',
      });
    case ERRORS.ABORTED:
      return new ValidationError({ code: 'REQUEST_ABORTED', detail: 'The call ended before it was complete.' });
    case ERRORS.FILE_WRITE_ERROR:
      return new UploadNotWrittenError({ detail: 'The bytes could not be written.' });
    default:
      return otherProblem(error);
  }
}

function otherProblem(error: TusError): Error {
  if ('syscall' in error) return new UploadNotWrittenError({ detail: 'The volume for uploads does not work.', cause: error });
  const status = 'status_code' in error ? Number(error.status_code) : 500;
  if (status === 413)
    return new RefusedFileError({ code: 'FILE_TOO_LARGE', detail: 'There are more bytes than allowed, or than were announced.' });
  if (status !== 500 && 'body' in error)
    return new AppError({
      code: 'TUS_REQUEST_INVALID',
      status,
      retryable: false,
      detail: `This is not as tus 1.0.0 has it: ${String(error.body).trim()}.`,
    });
  return error instanceof Error ? error : new Error(String(error.body));
}
