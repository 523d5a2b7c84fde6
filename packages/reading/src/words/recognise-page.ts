import { type PageRect, pixelsOf } from '../pages/ink.ts';
import { type PagePixels, shrinkGrey, toGrey } from '../pages/pixels.ts';
import type { GreyImage, OcrEngine } from '../types.ts';
import { dropMarks } from './drop-marks.ts';
import type { PlacedLines } from './page-words.ts';

/** Long side of an A4 page that is read best and fast: 1,700 px, about 145 dpi. More pixels read no better and cost time. */
const longSide = 1_700;
/** The same as an area, so that a narrow strip keeps its width. */
const a4Pixels = (longSide * longSide) / Math.SQRT2;

/** Scale of the copy that is read, at most 1: small pictures are never enlarged. */
function ocrScale({ width, height }: { width: number; height: number }): number {
  return Math.min(1, Math.max(longSide / Math.max(width, height), Math.sqrt(a4Pixels / (width * height))));
}

/** The copy of a page that is read by OCR. */
export async function makeOcrCopy(pixels: PagePixels): Promise<GreyImage> {
  return shrinkGrey(toGrey(pixels), ocrScale(pixels));
}

/** Reads a page by OCR from its copy; what is surely no text is left out. Boxes are in pixels of the picture of the given size. */
export async function recognisePage(engine: OcrEngine, copy: GreyImage, picture: { width: number; height: number }): Promise<PlacedLines> {
  const { lines } = await engine.recognise(copy);
  const scaleX = picture.width / copy.width;
  const scaleY = picture.height / copy.height;
  return lines.map((line) =>
    dropMarks(line).map(({ text, confidence, box: [x, y, w, h] }) => {
      const left = Math.round(x * scaleX);
      const top = Math.round(y * scaleY);
      return { text, confidence, box: [left, top, Math.round((x + w) * scaleX) - left, Math.round((y + h) * scaleY) - top] };
    }),
  );
}

/** A copy that is white wherever nothing is to be read. */
export function keepAreas(grey: GreyImage, areas: readonly PageRect[], except: readonly PageRect[]): GreyImage {
  const data = new Uint8Array(grey.data.length).fill(255);
  for (const rect of areas) {
    const area = pixelsOf(rect, grey, 0);
    if (!area) continue;
    for (let y = area.top; y < area.bottom; y += 1) {
      const from = y * grey.width + area.left;
      data.set(grey.data.subarray(from, y * grey.width + area.right), from);
    }
  }
  for (const rect of except) {
    const area = pixelsOf(rect, grey, 1);
    if (area) for (let y = area.top; y < area.bottom; y += 1) data.fill(255, y * grey.width + area.left, y * grey.width + area.right);
  }
  return { ...grey, data };
}
