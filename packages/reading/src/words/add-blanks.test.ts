import { createTempDir } from '@gradeflow/testing';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { PDFFont, PDFPage } from 'pdf-lib';
import { openPdf } from '../documents/pdf-document.ts';
import { createTesseractJsEngine } from '../engines/tesseract-js.ts';
import { renderPdfPage } from '../pages/render-pdf-page.ts';
import { makeSheet, prose, writeLines } from '../testing/sheet.ts';
import type { OcrEngine } from '../types.ts';
import { addBlanks } from './add-blanks.ts';
import { readByOcr } from './read-by-ocr.ts';

let folder: Awaited<ReturnType<typeof createTempDir>>;
let engine: OcrEngine;
beforeAll(async () => {
  folder = await createTempDir();
  engine = await createTesseractJsEngine(['eng']);
});
afterAll(async () => {
  await engine?.close();
  await folder?.remove();
});

const firstLine = 600;

/** What is drawn below some lines of prose, as a scan of the page is read: its lines of text. */
async function readBelowProse(draw: (page: PDFPage, font: PDFFont) => void): Promise<string[]> {
  const file = await makeSheet(folder.path, 'sheet', (page, { font }) => {
    writeLines(page, font, prose);
    draw(page, font);
  });
  const document = await openPdf(file);
  const pixels = document.withPage(0, (page) => renderPdfPage(page));
  document.close();
  if (pixels === null) throw new Error('the sheet that was made cannot be rendered');
  const { lines } = await readByOcr({ engine: async () => engine, languages: ['eng'], findKnown: async () => null }, pixels);
  return lines.map((line) => line.map(({ text }) => text).join(' ')).slice(prose.length);
}

/** A rule from one place to another, so many points below the foot of a line. */
function rule(page: PDFPage, from: number, to: number, y: number, below = 2): void {
  page.drawLine({ start: { x: from, y: y - below }, end: { x: to, y: y - below }, thickness: 0.7 });
}

const underscores = /_{3,}/;

describe('a rule beside words on which nothing is written', () => {
  it('is a word of underscores, about as many as letters would fill it: behind words, between and before them', async () => {
    const read = await readBelowProse((page, font) => {
      const write = (text: string, x: number, y: number) => page.drawText(text, { x, y, size: 12, font });
      write('Worst case:', 60, firstLine);
      rule(page, 130, 330, firstLine);
      write('The capital of France is', 60, firstLine - 40);
      rule(page, 195, 300, firstLine - 40);
      write('and it lies on the river', 305, firstLine - 40);
      rule(page, 440, 520, firstLine - 40);
      rule(page, 60, 140, firstLine - 80);
      write('is the green pigment of a leaf.', 145, firstLine - 80);
    });
    expect(read).toEqual([
      expect.stringMatching(/^Worst case: _{28,42}$/),
      expect.stringMatching(/^The capital of France is _{14,24} and it lies on the river _{10,18}$/),
      expect.stringMatching(/^_{10,18} is the green pigment of a leaf\.$/),
    ]);
  }, 60_000);

  it('belongs to the words before it when lines stand beside each other', () => {
    const ink = { width: 600, height: 100, dark: new Uint8Array(60_000), mask: new Uint8Array(60_000), share: 0 };
    for (const [from, to] of [
      [70, 270],
      [360, 560],
    ] as const)
      ink.dark.fill(1, 40 * 600 + from, 40 * 600 + to);
    const line = (text: string, x: number) => [{ text, confidence: 0.9, box: [x, 30, 50, 10] as [number, number, number, number] }];
    const read = addBlanks([line('Name:', 10), line('Class:', 300)], ink, { width: 600, height: 100 });
    expect(read.map((words) => words.map(({ text }) => text).join(' '))).toEqual([
      expect.stringMatching(/^Name: _{20}$/),
      expect.stringMatching(/^Class: _{24}$/),
    ]);
  });

  it('is none when it is an underline, a border, a box, alone, short or written on', async () => {
    const read = await readBelowProse((page, font) => {
      const write = (text: string, x: number, y: number) => page.drawText(text, { x, y, size: 12, font });
      write('An underlined word stands here', 60, firstLine);
      rule(page, 60, 225, firstLine);
      write('Written on the rule:', 60, firstLine - 40);
      rule(page, 180, 400, firstLine - 40);
      write('osmosis', 200, firstLine - 39);
      write('Length', 70, firstLine - 90);
      write('Bearing', 220, firstLine - 90);
      for (const y of [firstLine - 75, firstLine - 94]) rule(page, 60, 500, y, 0);
      for (const x of [60, 210, 500]) page.drawLine({ start: { x, y: firstLine - 75 }, end: { x, y: firstLine - 94 }, thickness: 0.7 });
      write('Tick the box', 60, firstLine - 140);
      page.drawRectangle({ x: 150, y: firstLine - 143, width: 60, height: 16, borderWidth: 0.7 });
      write('a dash', 60, firstLine - 180);
      rule(page, 110, 125, firstLine - 180);
      rule(page, 60, 500, firstLine - 230);
    });
    for (const words of ['osmosis', 'Length', 'Tick the box', 'a dash']) expect(read.join(' ')).toContain(words);
    expect(read.filter((line) => underscores.test(line))).toEqual([]);
  }, 60_000);
});
