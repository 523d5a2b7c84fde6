import { open } from 'node:fs/promises';
import { MediaType } from '@gradeflow/contracts';
import { RefusedFileError } from '@gradeflow/errors';
import { fileTypeFromFile } from 'file-type';

const pdfHeaderWithin = 1_024;

/**
 * Content type by content. A PDF may have its header anywhere in the first 1 KiB, as viewers accept it.
 * Throws RefusedFileError EMPTY_FILE or UNSUPPORTED_FILE_TYPE.
 */
export async function sniffMediaType(absolutePath: string): Promise<MediaType> {
  const head = await readHead(absolutePath);
  if (head.length === 0) throw new RefusedFileError({ code: 'EMPTY_FILE', detail: 'The file is empty.' });
  if (head.includes('%PDF-')) return 'application/pdf';
  const found = await fileTypeFromFile(absolutePath); // the head alone does not do: a TIFF has its directory anywhere
  const known = MediaType.safeParse(found?.mime);
  if (known.success && known.data !== 'application/pdf') return known.data;
  throw new RefusedFileError({ code: 'UNSUPPORTED_FILE_TYPE', detail: 'The file is neither a PDF nor a PNG, JPEG, TIFF or WebP picture.' });
}

async function readHead(absolutePath: string): Promise<Buffer> {
  const file = await open(absolutePath, 'r');
  try {
    const { buffer, bytesRead } = await file.read({ buffer: Buffer.alloc(pdfHeaderWithin), length: pdfHeaderWithin, position: 0 });
    return buffer.subarray(0, bytesRead);
  } finally {
    await file.close();
  }
}
