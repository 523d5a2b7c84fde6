import { RefusedFileError } from '@gradeflow/errors';
import type { DocumentLimits } from '../types.ts';
import { openPdf } from './pdf-document.ts';

/** Resolution at which a page of a PDF is rendered, unless it is very small or very large. */
export const renderDpi = 200;

/**
 * Number of pages of a PDF. Throws RefusedFileError PDF_ENCRYPTED, PDF_UNREADABLE, TOO_MANY_PAGES, or PAGE_TOO_LARGE when a page
 * at 200 dpi has more than `maxPagePixels`.
 */
export async function inspectPdf(absolutePath: string, limits: DocumentLimits): Promise<number> {
  const document = await openPdf(absolutePath);
  try {
    refuseTooManyPages(document.pageCount, limits);
    for (let index = 0; index < document.pageCount; index += 1) {
      const size = document.findPageSize(index);
      const pixels = size ? (size.width * size.height * renderDpi ** 2) / 72 ** 2 : 0;
      if (pixels > limits.maxPagePixels)
        throw new RefusedFileError({
          code: 'PAGE_TOO_LARGE',
          detail: `Page ${index + 1} is enormous: ${Math.round(pixels / 1e6)} million pixels at ${renderDpi} dpi, ${limits.maxPagePixels / 1e6} million are allowed.`,
        });
    }
    return document.pageCount;
  } finally {
    document.close();
  }
}

/** Throws RefusedFileError TOO_MANY_PAGES. */
export function refuseTooManyPages(pages: number, limits: DocumentLimits): void {
  if (pages > limits.maxPages)
    throw new RefusedFileError({ code: 'TOO_MANY_PAGES', detail: `The file has ${pages} pages, ${limits.maxPages} are allowed.` });
}
