import type { PdfPage } from '../documents/pdf-document.ts';
import { objectType, type Pdfium, withMemory } from '../documents/pdfium.ts';
import type { PageRect } from '../pages/ink.ts';

/** One character as the document claims it; whether it can be seen is another matter. */
export interface LayerCharacter {
  text: string;
  /** Space or line break that PDFium concluded from the positions. */
  generated: boolean;
  /** A word goes on in the next line. */
  hyphen: boolean;
  /** The font does not say which character this is. */
  mapError: boolean;
  /** Render mode 3 (invisible) or 7 (clip only). */
  hidden: boolean;
  /** Place in the order of drawing; -1 when unknown. */
  order: number;
  /** Null for characters without extent. */
  rect: PageRect | null;
}

export interface PageLayer {
  characters: LayerCharacter[];
  /** Pictures with their place in the order of drawing. */
  images: Array<{ rect: PageRect; order: number }>;
  /** Areas of annotations that may carry writing: filled fields, notes, ink strokes, stamps. */
  annotations: PageRect[];
  /** True when there was too much to look at all of it. */
  truncated: boolean;
}

const maxCharacters = 100_000;
const maxObjects = 100_000;
const maxDepth = 8;
/** FPDF_ANNOT_* of fpdf_annot.h that show no writing of their own: link, popup, highlight, underline, squiggly, strikeout. */
const silentAnnotations: readonly number[] = [2, 16, 9, 10, 11, 12];
const hiddenModes: readonly number[] = [3, 7];

/** x' = a·x + c·y + e, y' = b·x + d·y + f (as in PDF). */
type Matrix = readonly [number, number, number, number, number, number];
const identity: Matrix = [1, 0, 0, 1, 0, 0];

/** Everything that tells how far the text layer of a page can be trusted: characters, pictures, annotations, all in shares of the upright page. */
export function readPageLayer(page: PdfPage): PageLayer {
  const toPage = pageTransform(page);
  const objects = walkObjects(page, toPage);
  const text = readCharacters(page, toPage, objects.orderOf);
  return {
    characters: text.characters,
    images: objects.images,
    annotations: readAnnotations(page, toPage),
    truncated: text.truncated || objects.truncated,
  };
}

/** From the page's own units to shares of the upright page, whatever its rotation and crop box are: asked of PDFium at three points. */
function pageTransform({ pdfium, handle }: PdfPage): Matrix {
  const side = 1_000_000;
  const step = 1_000;
  return withMemory(pdfium, 8, (out) => {
    const at = (x: number, y: number): [number, number] => {
      pdfium._FPDF_PageToDevice(handle, 0, 0, side, side, 0, x, y, out, out + 4);
      return [(pdfium.HEAP32[out >> 2] ?? 0) / side, (pdfium.HEAP32[(out >> 2) + 1] ?? 0) / side];
    };
    const [e, f] = at(0, 0);
    const [xx, xy] = at(step, 0);
    const [yx, yy] = at(0, step);
    return [(xx - e) / step, (xy - f) / step, (yx - e) / step, (yy - f) / step, e, f] as const;
  });
}

function readCharacters(page: PdfPage, toPage: Matrix, orderOf: ReadonlyMap<number, number>) {
  const { pdfium } = page;
  const textPage = pdfium._FPDFText_LoadPage(page.handle);
  if (textPage === 0) return { characters: [], truncated: false };
  try {
    const count = pdfium._FPDFText_CountChars(textPage);
    const characters = withMemory(pdfium, 32, (scratch) =>
      Array.from({ length: Math.max(0, Math.min(count, maxCharacters)) }, (_, index) =>
        readCharacter(pdfium, textPage, index, toPage, orderOf, scratch),
      ),
    );
    return { characters, truncated: count > maxCharacters };
  } finally {
    pdfium._FPDFText_ClosePage(textPage);
  }
}

function readCharacter(
  pdfium: Pdfium,
  textPage: number,
  index: number,
  toPage: Matrix,
  orderOf: ReadonlyMap<number, number>,
  scratch: number,
): LayerCharacter {
  const code = pdfium._FPDFText_GetUnicode(textPage, index);
  const object = pdfium._FPDFText_GetTextObject(textPage, index);
  const boxed = pdfium._FPDFText_GetCharBox(textPage, index, scratch, scratch + 8, scratch + 16, scratch + 24);
  const [left = 0, right = 0, bottom = 0, top = 0] = boxed ? pdfium.HEAPF64.subarray(scratch >> 3, (scratch >> 3) + 4) : [];
  return {
    text: code > 0xffff ? String.fromCodePoint(Math.min(code, 0x10ffff)) : String.fromCharCode(code),
    generated: pdfium._FPDFText_IsGenerated(textPage, index) === 1,
    hyphen: pdfium._FPDFText_IsHyphen(textPage, index) === 1,
    mapError: pdfium._FPDFText_HasUnicodeMapError(textPage, index) === 1,
    hidden: object !== 0 && hiddenModes.includes(pdfium._FPDFTextObj_GetTextRenderMode(object)),
    order: orderOf.get(object) ?? -1,
    rect: right > left && top > bottom ? transformRect(toPage, left, bottom, right, top) : null,
  };
}

/** Numbers all objects in the order of drawing, forms opened, and collects the pictures. */
function walkObjects({ pdfium, handle }: PdfPage, toPage: Matrix) {
  const orderOf = new Map<number, number>();
  const images: PageLayer['images'] = [];
  let truncated = false;
  const visit = (object: number, matrix: Matrix, depth: number): void => {
    if (object === 0 || truncated) return;
    if (orderOf.size >= maxObjects) truncated = true;
    orderOf.set(object, orderOf.size);
    const type = pdfium._FPDFPageObj_GetType(object);
    if (type === objectType.image) {
      const rect = objectRect(pdfium, object, matrix);
      if (rect) images.push({ rect, order: orderOf.size - 1 });
    } else if (type === objectType.form && depth < maxDepth) {
      const inner = multiply(matrix, objectMatrix(pdfium, object));
      const count = pdfium._FPDFFormObj_CountObjects(object);
      for (let i = 0; i < count; i += 1) visit(pdfium._FPDFFormObj_GetObject(object, i), inner, depth + 1);
    }
  };
  const count = pdfium._FPDFPage_CountObjects(handle);
  for (let i = 0; i < count; i += 1) visit(pdfium._FPDFPage_GetObject(handle, i), toPage, 0);
  return { orderOf, images, truncated };
}

function readAnnotations({ pdfium, handle }: PdfPage, toPage: Matrix): PageRect[] {
  const rects: PageRect[] = [];
  const count = Math.min(pdfium._FPDFPage_GetAnnotCount(handle), maxObjects);
  for (let i = 0; i < count; i += 1) {
    const annotation = pdfium._FPDFPage_GetAnnot(handle, i);
    if (annotation === 0) continue;
    withMemory(pdfium, 16, (address) => {
      if (silentAnnotations.includes(pdfium._FPDFAnnot_GetSubtype(annotation))) return;
      if (!pdfium._FPDFAnnot_GetRect(annotation, address)) return;
      const [left = 0, top = 0, right = 0, bottom = 0] = pdfium.HEAPF32.subarray(address >> 2, (address >> 2) + 4);
      rects.push(transformRect(toPage, left, bottom, right, top));
    });
    pdfium._FPDFPage_CloseAnnot(annotation);
  }
  return rects;
}

function objectRect(pdfium: Pdfium, object: number, matrix: Matrix): PageRect | null {
  return withMemory(pdfium, 16, (address) => {
    if (!pdfium._FPDFPageObj_GetBounds(object, address, address + 4, address + 8, address + 12)) return null;
    const [left = 0, bottom = 0, right = 0, top = 0] = pdfium.HEAPF32.subarray(address >> 2, (address >> 2) + 4);
    return transformRect(matrix, left, bottom, right, top);
  });
}

function objectMatrix(pdfium: Pdfium, object: number): Matrix {
  return withMemory(pdfium, 24, (address) => {
    if (!pdfium._FPDFPageObj_GetMatrix(object, address)) return identity;
    const [a = 1, b = 0, c = 0, d = 1, e = 0, f = 0] = pdfium.HEAPF32.subarray(address >> 2, (address >> 2) + 6);
    return [a, b, c, d, e, f];
  });
}

/** First `inner`, then `outer`. */
function multiply(outer: Matrix, inner: Matrix): Matrix {
  const [a, b, c, d, e, f] = outer;
  const [a2, b2, c2, d2, e2, f2] = inner;
  return [a * a2 + c * b2, b * a2 + d * b2, a * c2 + c * d2, b * c2 + d * d2, a * e2 + c * f2 + e, b * e2 + d * f2 + f];
}

function transformRect([a, b, c, d, e, f]: Matrix, x1: number, y1: number, x2: number, y2: number): PageRect {
  const corners = [x1, x2].flatMap((x) => [y1, y2].map((y) => [a * x + c * y + e, b * x + d * y + f] as const));
  const xs = corners.map(([x]) => x);
  const ys = corners.map(([, y]) => y);
  return { left: Math.min(...xs), top: Math.min(...ys), right: Math.max(...xs), bottom: Math.max(...ys) };
}
