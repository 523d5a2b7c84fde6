import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { GreyImage, OcrEngine, RecognisedWord } from './types.ts';

export interface ConformanceSample {
  /** A clean printed page; its first line stands free. */
  page: GreyImage;
  /** Another one, read in between. */
  otherPage: GreyImage;
  /** Words that stand on `page` one after another. */
  words: string[];
}

const textOf = (lines: RecognisedWord[][]): string => lines.map((line) => line.map((word) => word.text).join(' ')).join(' ');

/** The strip of the page that holds its first line, with a margin of half the line's height. */
function cutFirstLine(page: GreyImage, [first = []]: RecognisedWord[][]): GreyImage {
  const top = Math.min(...first.map(({ box }) => box[1]));
  const bottom = Math.max(...first.map(({ box }) => box[1] + box[3]));
  const from = Math.max(0, Math.round(top - (bottom - top) / 2));
  const to = Math.min(page.height, Math.round(bottom + (bottom - top) / 2));
  return { width: page.width, height: to - from, data: page.data.subarray(from * page.width, to * page.width) };
}

/** What every OCR engine owes its callers; call it in the test file of an adapter. */
export function describeOcrEngine(create: () => Promise<OcrEngine>, getSample: () => Promise<ConformanceSample>): void {
  describe('as an OCR engine', () => {
    let engine: OcrEngine;
    let sample: ConformanceSample;
    beforeAll(async () => {
      [engine, sample] = await Promise.all([create(), getSample()]);
    });
    afterAll(() => engine.close());

    it('says what reads', () => {
      expect(engine.name).toMatch(/^\S.*\S$/);
    });

    it('reads words in order, with boxes inside the picture and confidences from 0 to 1', async () => {
      const { lines } = await engine.recognise(sample.page);
      const words = lines.flat();
      expect(textOf(lines)).toContain(sample.words.join(' '));
      for (const { text, confidence, box } of words) {
        const [x, y, width, height] = box;
        expect(text).toBe(text.trim());
        expect(confidence).toBeGreaterThanOrEqual(0);
        expect(confidence).toBeLessThanOrEqual(1);
        expect(Math.min(x, y, width - 1, height - 1)).toBeGreaterThanOrEqual(0);
        expect(x + width).toBeLessThanOrEqual(sample.page.width);
        expect(y + height).toBeLessThanOrEqual(sample.page.height);
      }
    });

    it('reads a page the same whatever it has read before', async () => {
      const first = await engine.recognise(sample.page);
      await engine.recognise(sample.otherPage);
      const again = await engine.recognise(sample.page);
      const fresh = await create();
      try {
        expect(again).toEqual(first);
        expect(await fresh.recognise(sample.page)).toEqual(first);
      } finally {
        await fresh.close();
      }
    }, 180_000);

    it('reads a strip as a line, a page as one column and scattered words, and keeps nothing of that for the next page', async () => {
      const { page, words } = sample;
      const before = await engine.recognise(page);
      const column = await engine.recognise(page, 'column');
      expect(textOf(column.lines)).toContain(words.join(' '));
      const sparse = await engine.recognise(page, 'sparse');
      const scattered = textOf(sparse.lines).split(' ');
      expect(words.filter((word) => scattered.includes(word))).toEqual(words);
      const line = await engine.recognise(cutFirstLine(page, before.lines), 'line');
      expect(line.lines).toHaveLength(1);
      expect(textOf(line.lines)).toContain(words.join(' '));
      expect(await engine.recognise(page)).toEqual(before);
    }, 60_000);

    it('finds nothing on white paper', async () => {
      const { lines } = await engine.recognise({ width: 600, height: 800, data: new Uint8Array(600 * 800).fill(255) });
      expect(lines.flat()).toEqual([]);
    });

    it('refuses a picture whose size is not what it says', async () => {
      await expect(engine.recognise({ width: 600, height: 800, data: new Uint8Array(99) })).rejects.toThrow();
    });
  });
}
