import { open } from 'node:fs/promises';
import { MediaType } from '@gradeflow/contracts';
import { RefusedFileError } from '@gradeflow/errors';
import { fileTypeFromBuffer } from 'file-type';

const headBytes = 4_100;
const pdfHeaderWithin = 1_024;

/**
 * Content type by content. A PDF may have its header anywhere in the first 1 KiB, as viewers accept it.
 * Throws RefusedFileError EMPTY_FILE or UNSUPPORTED_FILE_TYPE.
 */
export async function sniffMediaType(absolutePath: string): Promise<MediaType> {
  const head = await readHead(absolutePath);
  if (head.length === 0) throw new RefusedFileError({ code: 'EMPTY_FILE', detail: 'The file is empty.' });
  if (head.subarray(0, pdfHeaderWithin).includes('%PDF-')) return 'application/pdf';
  const found = await fileTypeFromBuffer(head);
  const known = MediaType.safeParse(found?.mime);
  if (known.success && known.data !== 'application/pdf') return known.data;
  throw new RefusedFileError({ code: 'UNSUPPORTED_FILE_TYPE', detail: 'The file is neither a PDF nor a PNG, JPEG, TIFF or WebP picture.' });
}

async function readHead(absolutePath: string): Promise<Buffer> {
  const file = await open(absolutePath, 'r');
  try {
    const { buffer, bytesRead } = await file.read({ buffer: Buffer.alloc(headBytes), length: headBytes, position: 0 });
    return buffer.subarray(0, bytesRead);
  } finally {
    await file.close();
  }
}
