import type { Box } from '@gradeflow/contracts';
import sharp from 'sharp';

// A page now and then: nothing is worth keeping.
sharp.cache(false);

/** Long side of what is sent: small writing stays legible, and larger pictures are shrunk by the servers anyway. */
const longSide = 2_000;
/** Bytes of what is sent; common servers take 5 MB and more. */
const maxBytes = 3_000_000;
/** Tried in this order until the picture is small enough. */
const encodings = [
  { longSide, quality: 85 },
  { longSide, quality: 60 },
  { longSide: longSide * 0.7, quality: 60 },
  { longSide: longSide * 0.5, quality: 40 },
];

/**
 * A JPEG of the page picture with the areas (pixels of the picture) in solid black, at most 2,000 px long and 3 MB. The pixels are overwritten before
 * anything is resized or encoded, and no metadata is kept, so nothing of them is in the result.
 */
export async function paintOut(picture: Uint8Array, areas: readonly Box[]): Promise<Buffer> {
  const { data, info } = await sharp(picture).removeAlpha().toColourspace('srgb').raw().toBuffer({ resolveWithObject: true });
  for (const area of areas) fillBlack(data, info, area);
  const raw = { width: info.width, height: info.height, channels: info.channels };
  let jpeg: Buffer = Buffer.alloc(0);
  for (const encoding of encodings) {
    const size = Math.round(encoding.longSide);
    const image = sharp(data, { raw }).resize({ width: size, height: size, fit: 'inside', withoutEnlargement: true });
    jpeg = await image.jpeg({ quality: encoding.quality }).toBuffer();
    if (jpeg.length <= maxBytes) break;
  }
  return jpeg;
}

function fillBlack(
  data: Buffer,
  { width, height, channels }: { width: number; height: number; channels: number },
  [x, y, w, h]: Box,
): void {
  const left = Math.max(0, Math.floor(x));
  const right = Math.min(width, Math.ceil(x + w));
  const bottom = Math.min(height, Math.ceil(y + h));
  if (right <= left) return;
  for (let row = Math.max(0, Math.floor(y)); row < bottom; row += 1)
    data.fill(0, (row * width + left) * channels, (row * width + right) * channels);
}
