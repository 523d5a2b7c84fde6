import { readFile } from 'node:fs/promises';
import { createTempDir } from '@gradeflow/testing';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { openPdf } from '../documents/pdf-document.ts';
import { createTesseractJsEngine } from '../engines/tesseract-js.ts';
import { decodeImage } from '../pages/decode-image.ts';
import type { PagePixels } from '../pages/pixels.ts';
import { renderPdfPage } from '../pages/render-pdf-page.ts';
import { photograph } from '../testing/camera.ts';
import { errorRate, ocrFixture } from '../testing/fixtures.ts';
import { makeSheet, writeLines } from '../testing/sheet.ts';
import type { OcrEngine } from '../types.ts';
import { makeOcrCopy } from '../words/recognise-page.ts';
import { findSheet } from './find-sheet.ts';
import { loadOpenCv } from './open-cv.ts';
import { findSkew } from './skew.ts';
import { findSpots } from './spots.ts';
import { straightenPage } from './straighten-page.ts';
import { turnPage } from './warp.ts';

const maxPixels = 10_000_000;
const quarters = [90, 180, 270] as const;
const multipleChoice = Array.from({ length: 24 }, (_, i) => `${i + 1}. ${'ABCD'[(i * 7) % 4]}     ${i + 31}. ${'ABCD'[(i * 5) % 4]}`);

/** Reads nothing; counts how often it was asked. */
function createSilentEngine(): OcrEngine & { calls: number } {
  const engine = {
    name: 'silent',
    calls: 0,
    recognise: async () => {
      engine.calls += 1;
      return { lines: [] };
    },
    close: async () => undefined,
  };
  return engine;
}

let folder: Awaited<ReturnType<typeof createTempDir>>;
let engine: OcrEngine;
let book: PagePixels;
let typed: PagePixels;
beforeAll(async () => {
  folder = await createTempDir();
  engine = await createTesseractJsEngine(['eng']);
  book = (await decodeImage(ocrFixture('book-page.png'), 0, maxPixels)).pixels;
  typed = (await decodeImage(ocrFixture('typed-page.jpg'), 0, maxPixels)).pixels;
});
afterAll(async () => {
  await engine.close();
  await folder.remove();
});

const straighten = async (pixels: PagePixels, by: OcrEngine) => straightenPage(pixels, await makeOcrCopy(pixels), { engine: by });

async function renderLines(lines: readonly string[]): Promise<PagePixels> {
  const file = await makeSheet(folder.path, 'lines', (page, { font }) => writeLines(page, font, lines));
  const document = await openPdf(await readFile(file));
  const pixels = document.withPage(0, renderPdfPage);
  document.close();
  if (!pixels) throw new Error('the sheet has no page');
  return pixels;
}

describe('an upright flat scan', () => {
  it('comes back as it is, without a look by the engine', async () => {
    const silent = createSilentEngine();
    const copy = await makeOcrCopy(book);
    const straight = await straightenPage(book, copy, { engine: silent });
    expect(straight).toMatchObject({ turned: 0, levelled: 0, photo: false });
    expect(straight.pixels === book).toBe(true);
    expect(straight.copy === copy).toBe(true);
    expect(silent.calls).toBe(0);
  });

  it('that holds letters and digits of one height stays upright', async () => {
    expect(await straighten(await renderLines(multipleChoice), engine)).toMatchObject({ turned: 0, levelled: 0 });
  });
});

describe('a turned page', () => {
  it.each(quarters)('by %i° is turned back', async (quarter) => {
    const straight = await straighten(await turnPage(book, quarter), engine);
    expect(straight.turned).toBe(360 - quarter);
    expect(Buffer.compare(straight.pixels.data, book.data)).toBe(0);
  });

  it('is turned back also when letters alone do not tell', async () => {
    const straight = await straighten(await turnPage(await renderLines(multipleChoice), 180), engine);
    expect(straight.turned).toBe(180);
  });

  it('stays as it is when it reads no better the other way round', async () => {
    const silent = createSilentEngine();
    expect(await straighten(await turnPage(book, 180), silent)).toMatchObject({ turned: 0 });
    expect(silent.calls).toBeGreaterThan(1);
  });
});

describe('a skewed page', () => {
  it('by 1° is left to the engine, which levels it by itself', async () => {
    const turned = await turnPage(book, 1);
    expect(await straighten(turned, createSilentEngine())).toMatchObject({ levelled: 0, pixels: { width: turned.width } });
  });

  it.each([-3, 2])('by %i° is levelled to a tenth of a degree', async (degrees) => {
    const straight = await straighten(await turnPage(book, degrees), createSilentEngine());
    expect(straight.levelled).toBeCloseTo(-degrees, 0.7);
    expect(Math.abs(findSkew(findSpots(straight.copy)).degrees)).toBeLessThanOrEqual(0.1);
    expect(straight.photo).toBe(false);
  });

  it('on grey paper gets corners of that grey', async () => {
    const grey: PagePixels = { ...book, data: book.data.map((value) => value * 0.5) };
    const { copy } = await straighten(await turnPage(grey, 2), createSilentEngine());
    expect(copy.data.every((level) => level < 150)).toBe(true);
  });
});

describe('a photo', () => {
  const corners = [
    [0.14, 0.1],
    [0.93, 0.15],
    [0.86, 0.9],
    [0.06, 0.86],
  ] as const;
  const light = { upperLeft: 1, lostToTheRight: 0.45, lostBelow: 0.25 };

  it('shows where the sheet lies', async () => {
    const { cv } = await loadOpenCv();
    const photo = await photograph(typed, corners, light);
    const copy = await makeOcrCopy(photo);
    const found = await findSheet(cv, copy);
    corners.forEach(([x, y], i) => {
      expect(Math.abs((found?.[i]?.x ?? 0) - x * copy.width)).toBeLessThan(0.012 * copy.width);
      expect(Math.abs((found?.[i]?.y ?? 0) - y * copy.height)).toBeLessThan(0.012 * copy.height);
    });
  });

  it('is cut out, straightened, lit evenly, and read like a scan', async () => {
    const straight = await straighten(await photograph(book, corners, light), engine);
    expect(straight).toMatchObject({ turned: 0, photo: true });
    const { lines } = await engine.recognise(straight.copy);
    const text = lines.map((line) => line.map((word) => word.text).join(' ')).join('\n');
    expect(await errorRate(text, 'book-page.txt')).toBeLessThan(0.05);
  });

  it('without the edges of the sheet is straightened by its lines', async () => {
    const tooNear = [
      [-0.03, -0.05],
      [1.06, -0.02],
      [1.0, 1.06],
      [-0.06, 1.0],
    ] as const;
    const keystoned = await photograph(book, tooNear, light);
    const straight = await straighten(keystoned, createSilentEngine());
    const lines = findSkew(findSpots(straight.copy));
    expect(straight.photo).toBe(true);
    expect(Math.abs(lines.degrees)).toBeLessThan(0.2);
    expect(lines.clarity).toBeGreaterThan(1.2 * findSkew(findSpots(await makeOcrCopy(keystoned))).clarity);
  });
});
