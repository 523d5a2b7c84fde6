import { createTempDir } from '@gradeflow/testing';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { PDFName, type PDFPage, rgb } from 'pdf-lib';
import sharp from 'sharp';
import { openPdf } from '../documents/pdf-document.ts';
import { makeSheet } from '../testing/sheet.ts';
import { type PagePixels, toGrey } from './pixels.ts';
import { renderPdfPage } from './render-pdf-page.ts';

const size = { width: 200, height: 280 };
let folder: Awaited<ReturnType<typeof createTempDir>>;

beforeAll(async () => {
  folder = await createTempDir();
});
afterAll(async () => {
  await folder?.remove();
});

/** A slope of greys as JPEG. */
async function slope(colourspace: 'b-w' | 'srgb'): Promise<Buffer> {
  const data = Uint8Array.from({ length: size.width * size.height }, (_, at) => ((at % size.width) + Math.floor(at / size.width)) % 256);
  const picture = sharp(data, { raw: { ...size, channels: 1 } });
  return picture.toColourspace(colourspace).jpeg({ quality: 80 }).toBuffer();
}

/** A page that shows the slope all over, with whatever is drawn besides, rendered. */
async function renderSlope(colourspace: 'b-w' | 'srgb', drawBesides: (page: PDFPage) => void = () => undefined): Promise<PagePixels> {
  const file = await makeSheet(
    folder.path,
    'slope',
    async (page, { document }) => {
      page.drawImage(await document.embedJpg(await slope(colourspace)), { x: 0, y: 0, ...size });
      drawBesides(page);
    },
    size,
  );
  const document = await openPdf(file);
  try {
    const pixels = document.withPage(0, renderPdfPage);
    if (pixels === null) throw new Error('the page that was made cannot be rendered');
    return pixels;
  } finally {
    document.close();
  }
}

const redDot = (page: PDFPage) => page.drawRectangle({ x: 0, y: 0, width: 1, height: 1, color: rgb(1, 0, 0) });

describe('renderPdfPage', () => {
  it('renders a grey scan as one channel with the greys that it has in colour', async () => {
    const scan = await renderSlope('b-w');
    const inColour = await renderSlope('b-w', redDot);
    expect([scan.channels, inColour.channels]).toEqual([1, 3]);
    const [greys, expected] = [toGrey(scan).data, toGrey(inColour).data];
    const different = greys.reduce((count, value, at) => count + (value === expected[at] ? 0 : 1), 0);
    // The dot's own pixels, edges included.
    expect(different).toBeGreaterThan(0);
    expect(different).toBeLessThanOrEqual(64);
  });

  it.each<[string, 'b-w' | 'srgb', (page: PDFPage) => void]>([
    ['a coloured scan', 'srgb', () => undefined],
    [
      'a note on a grey scan',
      'b-w',
      (page) => {
        const { context } = page.doc;
        const note = context.obj({ Type: 'Annot', Subtype: 'Square', Rect: [20, 20, 80, 80], C: [1, 0, 0] });
        page.node.set(PDFName.of('Annots'), context.obj([context.register(note)]));
      },
    ],
  ])('keeps the colours of %s', async (_, colourspace, drawBesides) => {
    expect((await renderSlope(colourspace, drawBesides)).channels).toBe(3);
  });
});
