import { RefusedFileError } from '@gradeflow/errors';
import { openPdfFile } from './pdf-file.ts';
import { type Pdfium, passwordErrors, takePdfium, withMemory } from './pdfium.ts';

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
  /** FPDF_FORMHANDLE when the page has annotations: filled fields are drawn by it alone. */
  form: number | null;
}

export interface PdfDocument {
  readonly pageCount: number;
  /** Size of a page (0-based) in points without loading it; null when it cannot be told. */
  findPageSize(index: number): { width: number; height: number } | null;
  /** Null when PDFium cannot load that page (0-based). */
  withPage<T>(index: number, work: (page: PdfPage) => T): T | null;
  close(): void;
  /** Lets go of the file without a word to PDFium, which may be poisoned after a fault. The document is of no use any more. */
  abandon(): void;
}

/**
 * Opens a PDF (a file's absolute path, or bytes) in an instance of its own; of a file it reads what it needs. A document with an owner's password alone opens. Throws RefusedFileError PDF_ENCRYPTED
 * when it asks for a password, PDF_UNREADABLE when it is broken or has no pages.
 */
export async function openPdf(source: string | Uint8Array): Promise<PdfDocument> {
  const pdfium = await takePdfium();
  const file = openPdfFile(pdfium, source);
  const document = pdfium._FPDF_LoadCustomDocument(file.access, 0);
  if (document === 0) {
    file.close();
    if (passwordErrors.includes(pdfium._FPDF_GetLastError()))
      throw new RefusedFileError({ code: 'PDF_ENCRYPTED', detail: 'The PDF asks for a password.' });
    throw unreadable('it is broken or not a PDF');
  }
  const pageCount = pdfium._FPDF_GetPageCount(document);
  if (pageCount < 1) {
    file.close();
    throw unreadable('it has no pages');
  }

  const forms = keepForms(pdfium, document);

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
      const form = pdfium._FPDFPage_GetAnnotCount(handle) > 0 ? forms.open() : null;
      try {
        if (form !== null) pdfium._FORM_OnAfterLoadPage(handle, form);
        return work(describePage(pdfium, handle, form));
      } finally {
        if (form !== null) pdfium._FORM_OnBeforeClosePage(handle, form);
        pdfium._FPDF_ClosePage(handle);
      }
    },
    close: () => {
      forms.close();
      pdfium._FPDF_CloseDocument(document);
      file.close();
    },
    abandon: file.close,
  };
}

function describePage(pdfium: Pdfium, handle: number, form: number | null): PdfPage {
  const quarterTurns = ((pdfium._FPDFPage_GetRotation(handle) % 4) + 4) % 4;
  const size = { width: pdfium._FPDF_GetPageWidthF(handle), height: pdfium._FPDF_GetPageHeightF(handle) };
  return { pdfium, handle, ...size, rotation: quarterTurns * 90, form };
}

/** FPDF_FORMFILLINFO of fpdf_formfill.h: version 2 and no callbacks; 256 bytes are more than it has. */
const formInfo = { bytes: 256, version: 2 };

/** The document's form environment, made for the first page that needs it; null where PDFium makes none. */
function keepForms(pdfium: Pdfium, document: number) {
  let info = 0;
  let form = 0;
  return {
    open: (): number | null => {
      if (info === 0) {
        info = pdfium._malloc(formInfo.bytes);
        if (info === 0) throw new RangeError('PDFium has no memory left for a form');
        pdfium.HEAPU8.fill(0, info, info + formInfo.bytes);
        pdfium.HEAP32[info >> 2] = formInfo.version;
        form = pdfium._FPDFDOC_InitFormFillEnvironment(document, info);
      }
      return form === 0 ? null : form;
    },
    close: (): void => {
      if (form !== 0) pdfium._FPDFDOC_ExitFormFillEnvironment(form);
      if (info !== 0) pdfium._free(info);
    },
  };
}

function unreadable(why: string): RefusedFileError {
  return new RefusedFileError({ code: 'PDF_UNREADABLE', detail: `The PDF cannot be opened: ${why}.` });
}
