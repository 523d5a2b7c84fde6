import type { MediaType } from '@gradeflow/contracts';
import { RefusedFileError } from '@gradeflow/errors';
import sharp, { type Metadata } from 'sharp';
import type { DocumentLimits } from '../types.ts';
import { refuseTooManyPages } from './inspect-pdf.ts';

/**
 * Number of pages of a picture file from its header, without decoding: frames of a TIFF, else 1. Throws RefusedFileError
 * IMAGE_UNREADABLE, TOO_MANY_PAGES, or IMAGE_TOO_LARGE when a frame has more than `maxPagePixels`.
 */
export async function inspectImage(absolutePath: string, mediaType: MediaType, limits: DocumentLimits): Promise<number> {
  const first = await readHeader(absolutePath, 0, limits);
  if (mediaType !== 'image/tiff') return 1;
  const frames = first.pages ?? 1;
  refuseTooManyPages(frames, limits);
  for (let frame = 1; frame < frames; frame += 1) await readHeader(absolutePath, frame, limits);
  return frames;
}

async function readHeader(absolutePath: string, frame: number, limits: DocumentLimits): Promise<Metadata> {
  let header: Metadata;
  try {
    header = await sharp(absolutePath, { page: frame, limitInputPixels: false }).metadata();
  } catch (error) {
    throw new RefusedFileError({ code: 'IMAGE_UNREADABLE', detail: 'The picture is broken.', cause: error });
  }
  const pixels = header.width * (header.pageHeight ?? header.height);
  if (pixels > limits.maxPagePixels)
    throw new RefusedFileError({
      code: 'IMAGE_TOO_LARGE',
      detail: `The picture has ${Math.round(pixels / 1e6)} million pixels, ${limits.maxPagePixels / 1e6} million are allowed.`,
    });
  return header;
}
