import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { createTempDir } from '@gradeflow/testing';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { PDFDocument } from 'pdf-lib';
import sharp from 'sharp';
import { decodeImage } from '../pages/decode-image.ts';
import { createReader } from '../reader.ts';
import { bombs } from '../testing/bombs.ts';

let folder: Awaited<ReturnType<typeof createTempDir>>;
const limits = { maxPages: 500, maxPagePixels: 100_000_000 };
const reader = createReader({ limits, ocrDataDir: null, engineModule: null });

beforeAll(async () => {
  folder = await createTempDir();
});
afterAll(() => folder.remove());

async function write(name: string, bytes: Uint8Array): Promise<string> {
  const file = path.join(folder.path, name);
  await writeFile(file, bytes);
  return file;
}

async function blankPdf(...sizes: Array<[number, number]>): Promise<Uint8Array> {
  const pdf = await PDFDocument.create();
  for (const size of sizes) pdf.addPage(size);
  return pdf.save();
}

describe('a file beyond the limits', () => {
  it('is refused by name and in no time, whatever its format', async () => {
    const refused: Array<[string, Uint8Array, string]> = [
      ['pages.pdf', await blankPdf(...Array.from({ length: 2_000 }, (): [number, number] => [595, 842])), 'TOO_MANY_PAGES'],
      ['huge.pdf', await blankPdf([14_400, 14_400]), 'PAGE_TOO_LARGE'],
      ['second-page-huge.pdf', await blankPdf([595, 842], [200_000, 200_000]), 'PAGE_TOO_LARGE'],
      ['bomb.png', bombs.png(30_000), 'IMAGE_TOO_LARGE'],
      ['bomb.jpg', await bombs.jpeg(30_000), 'IMAGE_TOO_LARGE'],
      ['bomb.tif', await bombs.tiff(30_000), 'IMAGE_TOO_LARGE'],
      ['bomb.webp', await bombs.webp(16_383), 'IMAGE_TOO_LARGE'],
      ['frames.tif', await tiffOf(501), 'TOO_MANY_PAGES'],
    ];
    for (const [name, bytes, code] of refused) {
      const file = await write(name, bytes);
      const before = process.memoryUsage.rss();
      const refusal = await reader.inspect(file).catch((error: unknown) => error);
      expect({ name, refusal }).toMatchObject({ name, refusal: { name: 'RefusedFileError', code } });
      expect(process.memoryUsage.rss() - before).toBeLessThan(200e6);
    }
  });

  it('is not decoded either, should it come past the look at it', async () => {
    const file = await write('late.png', bombs.png(30_000));
    await expect(decodeImage(file, 0, limits.maxPagePixels)).rejects.toMatchObject({ code: 'PAGE_UNREADABLE' });
  });
});

/** Frames that differ, else they would be one. */
async function tiffOf(count: number): Promise<Buffer> {
  const frames = await Promise.all(
    Array.from({ length: count }, (_, i) =>
      sharp({ create: { width: 8, height: 8, channels: 3, background: { r: i % 256, g: i >> 8, b: 0 } } })
        .png()
        .toBuffer(),
    ),
  );
  return sharp(frames, { join: { animated: true } })
    .tiff({ compression: 'lzw' })
    .toBuffer();
}

/** 60 × 40 px with a corner of each colour: upper left, upper right, lower right, lower left. */
const corners = ['red', 'green', 'blue', 'black'] as const;
const halves = [
  { left: 0, top: 0 },
  { left: 30, top: 0 },
  { left: 30, top: 20 },
  { left: 0, top: 20 },
];
const rgbOf = { red: [255, 0, 0], green: [0, 128, 0], blue: [0, 0, 255], black: [0, 0, 0] };

function fourCorners() {
  const parts = corners.map((colour, i) => ({
    input: { create: { width: 30, height: 20, channels: 3 as const, background: colour } },
    left: halves[i]?.left ?? 0,
    top: halves[i]?.top ?? 0,
  }));
  return sharp({ create: { width: 60, height: 40, channels: 3, background: 'white' } }).composite(parts);
}

/** Names of the colours in the upper left and upper right corner of a decoded page, and its size. */
async function decoded(file: string) {
  const { pixels } = await decodeImage(file, 0, limits.maxPagePixels);
  const { width, height, channels, data } = pixels;
  const at = (x: number, y: number) => {
    const here = [...data.subarray((y * width + x) * channels, (y * width + x) * channels + 3)];
    const distance = (name: keyof typeof rgbOf) => rgbOf[name].reduce((sum, value, i) => sum + Math.abs(value - (here[i] ?? 0)), 0);
    return corners.toSorted((a, b) => distance(a) - distance(b))[0];
  };
  return { size: [width, height], upper: [at(5, 5), at(width - 6, 5)] };
}

describe('a picture as phones and scanners make them', () => {
  // What the eight values of EXIF mean: the stored corners that are seen in the upper left and upper right.
  it.each([
    [1, 'red', 'green'],
    [2, 'green', 'red'],
    [3, 'blue', 'black'],
    [4, 'black', 'blue'],
    [5, 'red', 'black'],
    [6, 'black', 'red'],
    [7, 'blue', 'green'],
    [8, 'green', 'blue'],
  ])('is upright whatever EXIF orientation %i says', async (orientation, left, right) => {
    const file = await write(`exif-${orientation}.jpg`, await fourCorners().withMetadata({ orientation }).jpeg({ quality: 95 }).toBuffer());
    expect(await decoded(file)).toEqual({ size: orientation < 5 ? [60, 40] : [40, 60], upper: [left, right] });
  });

  it('is read in CMYK, with 16 bits, and as a fax of one bit', async () => {
    const cmyk = await write('cmyk.jpg', await fourCorners().toColourspace('cmyk').jpeg({ quality: 95 }).toBuffer());
    const deep = await write('deep.png', await fourCorners().toColourspace('rgb16').png().toBuffer());
    const both = await Promise.all([cmyk, deep].map((file) => sharp(file).metadata()));
    expect(both.map(({ space, depth }) => [space, depth])).toEqual([
      ['cmyk', 'uchar'],
      ['rgb16', 'ushort'],
    ]);
    for (const file of [cmyk, deep]) {
      expect(await reader.inspect(file)).toMatchObject({ pages: 1 });
      expect(await decoded(file)).toEqual({ size: [60, 40], upper: ['red', 'green'] });
    }
    const dots = Buffer.alloc(60 * 40, 255);
    for (let y = 0; y < 40; y += 1) dots.fill(0, y * 60, y * 60 + 30);
    const paper = sharp(dots, { raw: { width: 60, height: 40, channels: 1 } }).toColourspace('b-w');
    const fax = await write('fax.tif', await paper.tiff({ compression: 'ccittfax4', bitdepth: 1 }).toBuffer());
    expect(await reader.inspect(fax)).toEqual({ mediaType: 'image/tiff', pages: 1 });
    const { pixels } = await decodeImage(fax, 0, limits.maxPagePixels);
    const [left, right] = [10, 50].map((x) => pixels.data[(20 * pixels.width + x) * pixels.channels]);
    expect([left, right]).toEqual([0, 255]);
  });

  it('that moves is one page, its first frame', async () => {
    const frames = await Promise.all(
      ['red', 'blue'].map((background) =>
        sharp({ create: { width: 60, height: 40, channels: 3, background } })
          .png()
          .toBuffer(),
      ),
    );
    const file = await write(
      'moving.webp',
      await sharp(frames, { join: { animated: true } })
        .webp({ lossless: true })
        .toBuffer(),
    );
    expect((await sharp(file).metadata()).pages).toBe(2);
    expect(await reader.inspect(file)).toEqual({ mediaType: 'image/webp', pages: 1 });
    expect(await decoded(file)).toEqual({ size: [60, 40], upper: ['red', 'red'] });
  });
});
