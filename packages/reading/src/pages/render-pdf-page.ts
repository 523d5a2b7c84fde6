import { renderDpi } from '../documents/inspect-pdf.ts';
import type { PdfPage } from '../documents/pdf-document.ts';
import { objectType, withMemory } from '../documents/pdfium.ts';
import type { GreyImage } from '../types.ts';
import type { PagePixels } from './pixels.ts';

/** Bytes a pixel of FPDFBitmap_Gray and FPDFBitmap_BGR, with the numbers of these formats in fpdfview.h. */
const grey = 1;
const colour = 3;
const formatOf = { [grey]: 1, [colour]: 2 } as const;
const white = 0xff_ff_ff_ff;
/** FPDF_ANNOT: notes, strokes and stamps too. */
const annotations = 0x01;
/** FPDF_GRAYSCALE makes grey of colours, FPDF_REVERSE_BYTE_ORDER RGB of BGR. Where there are no colours the former would take as long as half of the picture. */
const flags = { toGrey: 0x08, toRgb: 0x10, none: 0 };
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
  if (isGreyScan(page)) return { ...render(page, scale, grey, flags.none), channels: grey };
  return { ...render(page, scale, colour, flags.toRgb), channels: colour };
}

/** FPDF_IMAGEOBJ_METADATA of fpdf_edit.h: its bytes, the place of the colour space, and FPDF_COLORSPACE_DEVICEGRAY. */
const imageMetadata = { bytes: 28, colourSpaceAt: 20, deviceGrey: 1 };
/** Pages of scanners have one picture, or a few strips of one. */
const mostPictures = 16;

/** True when a page shows nothing but grey pictures: as one channel it is the same in a third of the room. */
function isGreyScan({ pdfium, handle }: PdfPage): boolean {
  const count = pdfium._FPDFPage_CountObjects(handle);
  if (count < 1 || count > mostPictures || pdfium._FPDFPage_GetAnnotCount(handle) > 0 || pdfium._FPDFPage_HasTransparency(handle) !== 0)
    return false;
  return withMemory(pdfium, imageMetadata.bytes, (metadata) =>
    Array.from({ length: count }, (_, index) => pdfium._FPDFPage_GetObject(handle, index)).every(
      (object) =>
        pdfium._FPDFPageObj_GetType(object) === objectType.image &&
        pdfium._FPDFImageObj_GetImageMetadata(object, handle, metadata) !== 0 &&
        pdfium.HEAP32[(metadata + imageMetadata.colourSpaceAt) >> 2] === imageMetadata.deviceGrey,
    ),
  );
}

/** A small grey copy for looking at ink: 72 dpi, long side at most `longSide` px. */
export function renderPdfThumbnail(page: PdfPage, longSide: number): GreyImage {
  return render(page, Math.min(1, longSide / Math.max(page.width, page.height)), grey, flags.toGrey);
}

function render(
  page: PdfPage,
  scale: number,
  bytesPerPixel: typeof grey | typeof colour,
  colourFlag: number,
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
      pdfium._FPDF_RenderPageBitmap(bitmap, page.handle, 0, 0, width, height, 0, annotations | colourFlag);
      if (page.form !== null) pdfium._FPDF_FFLDraw(page.form, bitmap, page.handle, 0, 0, width, height, 0, colourFlag);
      return pdfium.HEAPU8.slice(address, address + bytes);
    } finally {
      pdfium._FPDFBitmap_Destroy(bitmap);
    }
  });
  return { width, height, data };
}
