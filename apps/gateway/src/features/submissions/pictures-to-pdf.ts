import { PDFDocument } from 'pdf-lib';
import sharp from 'sharp';

export interface PictureFile {
  bytes: Uint8Array;
  mediaType: string;
  /** Frames of a TIFF, 1 otherwise. */
  pages: number;
}

/** Points for a pixel: pages of the size that they have at 150 dpi. */
const pointsPerPixel = 72 / 150;

/**
 * One PDF page for each picture, in order. Upright JPEGs go in byte for byte; everything else (PNG, TIFF, WebP, turned photos) is
 * re-encoded as JPEG, since PDF has no form for it that needs no decoding here.
 */
export async function picturesToPdf(files: readonly PictureFile[]): Promise<Uint8Array> {
  const pdf = await PDFDocument.create();
  for (const file of files) {
    for (let frame = 0; frame < file.pages; frame += 1) {
      const image = await pdf.embedJpg(await asJpeg(file, frame));
      const size: [number, number] = [image.width * pointsPerPixel, image.height * pointsPerPixel];
      pdf.addPage(size).drawImage(image, { x: 0, y: 0, width: size[0], height: size[1] });
    }
  }
  return pdf.save({ useObjectStreams: false });
}

async function asJpeg({ bytes, mediaType }: PictureFile, frame: number): Promise<Uint8Array> {
  const { orientation = 1 } = mediaType === 'image/jpeg' ? await sharp(bytes).metadata() : {};
  if (mediaType === 'image/jpeg' && orientation === 1) return bytes;
  return sharp(bytes, { page: frame })
    .autoOrient()
    .flatten({ background: 'white' })
    .jpeg({ quality: 95, chromaSubsampling: '4:4:4' })
    .toBuffer();
}
