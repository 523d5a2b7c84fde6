import { PermanentError } from '@gradeflow/errors';
import sharp from 'sharp';
import type { PagePixels } from './pixels.ts';

/** An A4 page at 200 dpi is 2,339 px high: more pixels of a photo cost room and read no better. */
const maxSide = 2_340;

/** Clockwise quarter turn that EXIF orientation 1–8 asks for (mirrored ones: the turn after mirroring). */
const turnOfOrientation: Record<number, number> = { 3: 180, 4: 180, 5: 270, 6: 90, 7: 90, 8: 270 };

/**
 * Decodes one frame (0-based) upright by its EXIF orientation, on white where it is transparent, long side at most 2,340 px.
 * Throws PermanentError PAGE_UNREADABLE.
 */
export async function decodeImage(
  absolutePath: string,
  frame: number,
  maxPixels: number,
): Promise<{ pixels: PagePixels; rotation: number }> {
  try {
    const source = sharp(absolutePath, { page: frame, limitInputPixels: maxPixels, failOn: 'error' });
    const { orientation = 1 } = await source.metadata();
    const { data, info } = await source
      .autoOrient()
      .flatten({ background: '#fff' })
      .toColourspace('srgb')
      .resize({ width: maxSide, height: maxSide, fit: 'inside', withoutEnlargement: true })
      .raw({ depth: 'uchar' })
      .toBuffer({ resolveWithObject: true });
    const { width, height, channels } = info;
    if (channels !== 3 && channels !== 4) throw new Error(`${channels} channels after the conversion to sRGB`);
    return { pixels: { width, height, channels, data }, rotation: turnOfOrientation[orientation] ?? 0 };
  } catch (error) {
    throw new PermanentError({ code: 'PAGE_UNREADABLE', detail: 'The picture cannot be decoded.', cause: error });
  }
}
