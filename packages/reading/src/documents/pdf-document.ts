import { RefusedFileError } from '@gradeflow/errors';
import { createPdfium, passwordErrors, type Pdfium, withMemory } from './pdfium.ts';

/** A page that is loaded; handles are valid inside the callback of `withPage` only. */
export interface PdfPage {
  pdfium: Pdfium;
  /** FPDF_PAGE. */
  handle: number;
  /** Points (1/72 inch), turned as the page says. */
  width: number;
  height: number;
  /** `/Rotate` of the page: 0, 90, 180 or 270, clockwise. */
  rotation: number;
}

export interface PdfDocument {
  readonly pageCount: number;
  /** Size of a page (0-based) in points without loading it; null when it cannot be told. */
  findPageSize(index: number): { width: number; height: number } | null;
  /** Null when PDFium cannot load that page (0-based). */
  withPage<T>(index: number, work: (page: PdfPage) => T): T | null;
  close(): void;
}

/**
 * Opens a PDF in an instance of its own. A document with an owner's password alone opens. Throws RefusedFileError PDF_ENCRYPTED
 * when it asks for a password, PDF_UNREADABLE when it is broken or has no pages.
 */
export async function openPdf(bytes: Uint8Array): Promise<PdfDocument> {
  const pdfium = await createPdfium();
  const data = pdfium._malloc(bytes.length);
  if (data === 0) throw unreadable('it does not fit into memory');
  pdfium.HEAPU8.set(bytes, data);
  const document = pdfium._FPDF_LoadMemDocument(data, bytes.length, 0);
  if (document === 0) {
    if (passwordErrors.includes(pdfium._FPDF_GetLastError()))
      throw new RefusedFileError({ code: 'PDF_ENCRYPTED', detail: 'The PDF asks for a password.' });
    throw unreadable('it is broken or not a PDF');
  }
  const pageCount = pdfium._FPDF_GetPageCount(document);
  if (pageCount < 1) throw unreadable('it has no pages');

  return {
    pageCount,
    findPageSize: (index) =>
      withMemory(pdfium, 8, (size) => {
        if (!pdfium._FPDF_GetPageSizeByIndexF(document, index, size)) return null;
        return { width: pdfium.HEAPF32[size >> 2] ?? 0, height: pdfium.HEAPF32[(size >> 2) + 1] ?? 0 };
      }),
    withPage: (index, work) => {
      const handle = pdfium._FPDF_LoadPage(document, index);
      if (handle === 0) return null;
      try {
        const rotation = (((pdfium._FPDFPage_GetRotation(handle) % 4) + 4) % 4) * 90;
        return work({ pdfium, handle, width: pdfium._FPDF_GetPageWidthF(handle), height: pdfium._FPDF_GetPageHeightF(handle), rotation });
      } finally {
        pdfium._FPDF_ClosePage(handle);
      }
    },
    close: () => {
      pdfium._FPDF_CloseDocument(document);
      pdfium._free(data);
    },
  };
}

function unreadable(why: string): RefusedFileError {
  return new RefusedFileError({ code: 'PDF_UNREADABLE', detail: `The PDF cannot be opened: ${why}.` });
}
