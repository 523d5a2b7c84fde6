import { MIMEType } from 'node:util';
import { ValidationError } from '@gradeflow/errors';

/** The boundary that a Content-Type names. Throws ValidationError MALFORMED_MULTIPART. */
export function boundaryOf(contentType: string | undefined): string {
  try {
    const boundary = new MIMEType(contentType ?? '').params.get('boundary');
    if (boundary !== null) return boundary;
  } catch {
    // Said below.
  }
  throw new ValidationError({ code: 'MALFORMED_MULTIPART', detail: 'The Content-Type names no boundary.' });
}
