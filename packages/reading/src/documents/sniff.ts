import { closeSync, openSync, readSync } from 'node:fs';
import type { MediaType } from '@gradeflow/contracts';
import { RefusedFileError } from '@gradeflow/errors';
import { fileTypeFromFile } from 'file-type';

const pdfHeaderWithin = 1_024;
/** The schema's names, which the types keep complete: the schema itself would bring its library into every reading process (0.1 s, 26 MB). */
const known: Record<MediaType, true> = {
  'application/pdf': true,
  'image/png': true,
  'image/jpeg': true,
  'image/tiff': true,
  'image/webp': true,
};
const isKnown = (name: string): name is MediaType => Object.hasOwn(known, name);

/**
 * Content type by content. A PDF may have its header anywhere in the first 1 KiB, as viewers accept it.
 * Throws RefusedFileError EMPTY_FILE or UNSUPPORTED_FILE_TYPE.
 */
export async function sniffMediaType(absolutePath: string): Promise<MediaType> {
  const head = readHead(absolutePath);
  if (head.length === 0) throw new RefusedFileError({ code: 'EMPTY_FILE', detail: 'The file is empty.' });
  if (head.includes('%PDF-')) return 'application/pdf';
  const found = await fileTypeFromFile(absolutePath); // the head alone does not do: a TIFF has its directory anywhere
  if (found && isKnown(found.mime) && found.mime !== 'application/pdf') return found.mime;
  throw new RefusedFileError({ code: 'UNSUPPORTED_FILE_TYPE', detail: 'The file is neither a PDF nor a PNG, JPEG, TIFF or WebP picture.' });
}

/** Without the thread pool: it was written a moment ago, and a process that looks into files does one thing at a time. */
function readHead(absolutePath: string): Buffer {
  const file = openSync(absolutePath, 'r');
  try {
    const buffer = Buffer.alloc(pdfHeaderWithin);
    return buffer.subarray(0, readSync(file, buffer, 0, pdfHeaderWithin, 0));
  } finally {
    closeSync(file);
  }
}
