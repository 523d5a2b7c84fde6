import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import sharp from 'sharp';
import { createTesseractJsEngine } from '../engines/tesseract-js.ts';
import { errorRate, ocrFixture } from '../testing/fixtures.ts';
import type { OcrEngine } from '../types.ts';
import { readByOcr } from './read-by-ocr.ts';

let engine: OcrEngine;

beforeAll(async () => {
  engine = await createTesseractJsEngine(['eng']);
});

afterAll(async () => engine?.close());

describe('a page that would be read badly', () => {
  it('because its letters are tiny is enlarged before it is read', async () => {
    const { data, info } = await sharp(ocrFixture('book-page.png'))
      .flatten({ background: '#fff' })
      .resize({ height: 560 })
      .toColourspace('srgb')
      .raw()
      .toBuffer({ resolveWithObject: true });
    const heights: number[] = [];
    const watched = {
      ...engine,
      recognise: (...[image, layout]: Parameters<OcrEngine['recognise']>) => {
        if (layout === undefined || layout === 'page') heights.push(image.height);
        return engine.recognise(image, layout);
      },
    };
    const pixels = { width: info.width, height: info.height, channels: 3 as const, data };
    const page = await readByOcr({ engine: async () => watched, languages: ['eng'], findKnown: async () => null }, pixels);
    expect(heights[0]).toBe(1120);
    expect(await errorRate(page.lines.map((line) => line.map(({ text }) => text).join(' ')).join('\n'), 'book-page.txt')).toBeLessThan(
      0.03,
    );
    expect(page.confidence).toBeGreaterThan(0.95);
    const bottom = Math.max(...page.lines.flat().map(({ box: [, y, , h] }) => y + h));
    expect(bottom).toBeLessThanOrEqual(560);
  }, 90_000);
});
