import type { PagePixels } from '../pages/pixels.ts';
import type { OcrEngine } from '../types.ts';

/** A page as it should be read and shown. */
export interface StraightPage {
  pixels: PagePixels;
  /** Quarter turn clockwise that was needed: 0, 90, 180 or 270. */
  turned: number;
  /** Taken by a camera: light may be uneven, and what lies around the sheet is cut away. */
  photo: boolean;
}

/** Turns and straightens a page before it is read by OCR. */
export async function straightenPage(pixels: PagePixels, _deps: { engine: OcrEngine }): Promise<StraightPage> {
  return { pixels, turned: 0, photo: false };
}
