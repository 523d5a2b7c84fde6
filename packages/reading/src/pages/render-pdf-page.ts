import { renderDpi } from '../documents/inspect-pdf.ts';
import type { PdfPage } from '../documents/pdf-document.ts';
import { withMemory } from '../documents/pdfium.ts';
import type { GreyImage } from '../types.ts';
import type { PagePixels } from './pixels.ts';

/** Bytes a pixel of FPDFBitmap_Gray and FPDFBitmap_BGR, with the numbers of these formats in fpdfview.h. */
const grey = 1;
const colour = 3;
const formatOf = { [grey]: 1, [colour]: 2 } as const;
const white = 0xff_ff_ff_ff;
/** FPDF_ANNOT: notes, strokes and stamps too. */
const annotations = 0x01;
/** FPDF_GRAYSCALE, and FPDF_REVERSE_BYTE_ORDER for RGB. */
const flagsOf = { [grey]: 0x08, [colour]: 0x10 } as const;
/** An A2 page at 200 dpi; larger pages get a coarser picture. */
const maxPixels = 16_000_000;
/** A WebP picture has no longer side. */
const maxSide = 16_383;
/** Scans of small sheets, and photos that say nothing of their size, hold more than 200 dpi: they get as many pixels as OCR wants of a page, up to these. */
const small = { side: 1_700, dpi: 300 };

/**
 * Renders the page upright at 200 dpi on white; up to 300 dpi where it is smaller than A5, less above A2. Coordinates follow from the picture's size,
 * never from the dpi.
 */
export function renderPdfPage(page: PdfPage): PagePixels {
  const longest = Math.max(page.width, page.height);
  const wanted = Math.max(renderDpi / 72, Math.min(small.dpi / 72, small.side / longest));
  const scale = Math.min(wanted, Math.sqrt(maxPixels / (page.width * page.height)), maxSide / longest);
  return { ...render(page, scale, colour), channels: colour };
}

/** A small grey copy for looking at ink: 72 dpi, long side at most `longSide` px. */
export function renderPdfThumbnail(page: PdfPage, longSide: number): GreyImage {
  return render(page, Math.min(1, longSide / Math.max(page.width, page.height)), grey);
}

function render(
  page: PdfPage,
  scale: number,
  bytesPerPixel: typeof grey | typeof colour,
): { width: number; height: number; data: Uint8Array } {
  const { pdfium } = page;
  const width = Math.max(1, Math.round(page.width * scale));
  const height = Math.max(1, Math.round(page.height * scale));
  const bytes = width * height * bytesPerPixel;
  const data = withMemory(pdfium, bytes, (address) => {
    const bitmap = pdfium._FPDFBitmap_CreateEx(width, height, formatOf[bytesPerPixel], address, width * bytesPerPixel);
    if (bitmap === 0) throw new RangeError(`PDFium makes no bitmap of ${width} × ${height}`);
    try {
      pdfium._FPDFBitmap_FillRect(bitmap, 0, 0, width, height, white);
      pdfium._FPDF_RenderPageBitmap(bitmap, page.handle, 0, 0, width, height, 0, annotations | flagsOf[bytesPerPixel]);
      if (page.form !== null) pdfium._FPDF_FFLDraw(page.form, bitmap, page.handle, 0, 0, width, height, 0, flagsOf[bytesPerPixel]);
      return pdfium.HEAPU8.slice(address, address + bytes);
    } finally {
      pdfium._FPDFBitmap_Destroy(bitmap);
    }
  });
  return { width, height, data };
}
