import { createTempDir } from '@gradeflow/testing';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { openPdf } from '../documents/pdf-document.ts';
import { createTesseractJsEngine } from '../engines/tesseract-js.ts';
import { renderPdfPage } from '../pages/render-pdf-page.ts';
import { makeSheet, prose } from '../testing/sheet.ts';
import type { OcrEngine } from '../types.ts';
import { readByOcr } from './read-by-ocr.ts';

let folder: Awaited<ReturnType<typeof createTempDir>>;
let engine: OcrEngine;
let calls: string[];

beforeAll(async () => {
  folder = await createTempDir();
  const real = await createTesseractJsEngine(['eng']);
  engine = {
    ...real,
    recognise: (image, layout = 'page') => {
      calls.push(layout);
      return real.recognise(image, layout);
    },
  };
});

afterAll(async () => {
  await engine?.close();
  await folder?.remove();
});

/** Lines of `[x, y from the bottom, text]` as a scan of a typed A4 page, read. */
async function readSheet(lines: ReadonlyArray<readonly [number, number, string]>): Promise<Awaited<ReturnType<typeof readByOcr>>> {
  calls = [];
  const file = await makeSheet(folder.path, 'sheet', (page, { font }) => {
    for (const [x, y, text] of lines) page.drawText(text, { x, y, size: 12, font });
  });
  const document = await openPdf(file);
  const pixels = document.withPage(0, (page) => renderPdfPage(page));
  document.close();
  if (pixels === null) throw new Error('the sheet that was made cannot be rendered');
  return readByOcr({ engine: async () => engine, languages: ['eng'], findKnown: async () => null }, pixels);
}

const textOf = ({ lines }: Awaited<ReturnType<typeof readByOcr>>) => lines.map((line) => line.map(({ text }) => text).join(' ')).join('\n');

describe('lost ink', () => {
  it('brings back answers of one letter, which the engine alone loses', async () => {
    const answers = ['1. B', '2. A', '3. D', '4. C', '5. B', '6. A', '7. 42', '8. C'];
    const page = await readSheet(answers.map((text, index) => [60, 780 - index * 28, text] as const));
    const right = answers.filter((answer) => textOf(page).replaceAll(' ', '').split('\n').includes(answer.replaceAll(' ', '')));
    expect(right.length).toBeGreaterThanOrEqual(answers.length - 1);
    expect(calls).toContain('block');
  }, 60_000);

  it('puts numbers and marks from the margins into their lines', async () => {
    const page = await readSheet([
      [40, 780, '1'],
      ...prose.slice(0, 3).map((text, index) => [90, 780 - index * 16, text] as const),
      [550, 748, '4'],
      [40, 700, '2'],
      ...prose.slice(3, 6).map((text, index) => [90, 700 - index * 16, text] as const),
    ]);
    const lines = textOf(page).split('\n');
    expect(lines).toHaveLength(6);
    expect(lines[0]).toMatch(/^1 Photosynthesis/);
    expect(lines[2]).toMatch(/from the 4$/);
    expect(lines[3]).toMatch(/^2 air, and/);
    expect(page.doubts).toEqual([]);
  }, 60_000);

  it('costs nothing on a page where nothing was lost', async () => {
    const page = await readSheet(prose.map((text, index) => [60, 780 - index * 20, text] as const));
    expect(textOf(page)).toBe(prose.join('\n'));
    expect(page).toMatchObject({ doubts: [] });
    expect(page.confidence).toBeGreaterThan(0.98);
    expect(calls.filter((layout) => layout === 'block')).toEqual([]);
  }, 60_000);
});
