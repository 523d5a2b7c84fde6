import { describe, expect, it } from '@jest/globals';
import { prose } from '../testing/sheet.ts';
import type { OcrEngine, RecognisedWord } from '../types.ts';
import { readByOcr } from './read-by-ocr.ts';

const page = { width: 1_200, height: 1_700 };

/** A page with a bar of ink for each word, and an engine that reads these words there. */
function makePage(lines: RecognisedWord[][]) {
  const data = new Uint8Array(page.width * page.height * 3).fill(255);
  for (const { box } of lines.flat()) {
    const [left, top, width, height] = box;
    for (let y = top; y < top + height; y += 1)
      for (let x = left; x < left + width; x += 1) if (x % 12 < 8) data.fill(0, (y * page.width + x) * 3, (y * page.width + x) * 3 + 3);
  }
  const read: string[] = [];
  const engine: OcrEngine = {
    name: 'an engine',
    recognise: async (_, layout = 'page') => {
      read.push(layout);
      return { lines: layout === 'page' ? lines : [] };
    },
    close: async () => undefined,
  };
  return { pixels: { ...page, channels: 3 as const, data }, engine, read };
}

const lineAt = (text: string, top: number, confidence: number, height = 24): RecognisedWord[] =>
  text.split(' ').map((word, index) => ({ text: word, confidence, box: [60 + 70 * index, top, 60, height] }));

describe('readByOcr', () => {
  it('reads no letters in a signature but doubts the page for it, without reading the page again', async () => {
    const printed = prose.map((text, index) => lineAt(text, 100 + 60 * index, 0.97));
    const { pixels, engine, read } = makePage([...printed, lineAt('Yur drat ech', 700, 0.3, 70)]);
    const result = await readByOcr({ engine: async () => engine, languages: ['eng'], findKnown: async () => null }, pixels);
    expect(result.lines.map((line) => line.map(({ text }) => text).join(' '))).toEqual(prose);
    expect(result.doubts).toContain('INK_NOT_READ');
    expect(read.filter((layout) => layout === 'page')).toHaveLength(1);
  });
});
