import sharp from 'sharp';
import type { GreyImage } from '../types.ts';

/** A page decoded upright: 8 bits a channel, row by row; one channel where the document says that there is no colour. */
export interface PagePixels {
  width: number;
  height: number;
  channels: 1 | 3 | 4;
  data: Uint8Array;
}

/** libvips keeps no cache and one thread: a child reads one page at a time and cores are shared out by the pool. */
sharp.cache(false);
sharp.concurrency(1);

/** With effort 0: a fifth less time than with 1, and files as large. */
const webpQuality = 75;

/** The page picture as WebP, same size. */
export async function encodeWebp(pixels: PagePixels): Promise<Uint8Array> {
  const { data, width, height, channels } = pixels;
  const image = sharp(data, { raw: { width, height, channels }, limitInputPixels: false });
  return await image.removeAlpha().webp({ quality: webpQuality, effort: 0 }).toBuffer();
}

/** Grey page in full size: luma of ITU-R BT.601, ten times as fast here as a conversion through linear light. A grey page comes back as it is, not copied. */
export function toGrey({ width, height, channels, data }: PagePixels): GreyImage {
  if (channels === 1) return { width, height, data };
  const grey = new Uint8Array(width * height);
  for (let i = 0, at = 0; i < grey.length; i += 1, at += channels)
    grey[i] = ((data[at] ?? 0) * 77 + (data[at + 1] ?? 0) * 150 + (data[at + 2] ?? 0) * 29) >> 8;
  return { width, height, data: grey };
}

/** A smaller copy; the picture itself from scale 1 on. */
export async function shrinkGrey(image: GreyImage, scale: number): Promise<GreyImage> {
  if (scale >= 1) return image;
  const width = Math.max(1, Math.round(image.width * scale));
  const height = Math.max(1, Math.round(image.height * scale));
  const { data, info } = await sharp(image.data, {
    raw: { width: image.width, height: image.height, channels: 1 },
    limitInputPixels: false,
  })
    .resize({ width, height, fit: 'fill' })
    .toColourspace('b-w')
    .raw()
    .toBuffer({ resolveWithObject: true });
  return { width: info.width, height: info.height, data };
}
