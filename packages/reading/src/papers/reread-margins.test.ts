import { createTempDir } from '@gradeflow/testing';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { rgb } from 'pdf-lib';
import { createReadingPool, type ReadingPool } from '../index.ts';
import { makeSheet } from '../testing/sheet.ts';
import { cleanPaper, layStrips } from './margin-strips.ts';
import { proposeQuestions } from './propose-questions.ts';

describe('layStrips', () => {
  it('cuts tilted rows out straight and finds the way back to the page', async () => {
    const [width, height] = [600, 300];
    const data = new Uint8Array(width * height).fill(250);
    const slope = 0.05;
    const rows = [100, 160].map((middle) => ({ page: 1, words: [], strokes: [], left: 0, right: 600, middle, slope, letter: 20, room: 1 }));
    // A digit-sized blot at the right end of each row, and one between the rows that belongs to neither.
    const blot = (x: number, y: number) => {
      for (let dy = -7; dy < 7; dy += 1) for (let dx = 0; dx < 9; dx += 1) data[Math.round(y + dy) * width + x + dx] = 10;
    };
    for (const { middle } of rows) blot(500, middle + slope * 200);
    blot(540, 130 + slope * 240);
    const sheet = await layStrips(
      cleanPaper({ width, height, data }),
      rows.map((row) => ({ row, from: 460, to: 590 })),
      { scale: 1, pictureWidth: width, enlarge: 2 },
    );
    const found: Array<{ x: number; y: number }> = [];
    for (let y = 0; y < sheet.image.height; y += 1)
      for (let x = 0; x < sheet.image.width; x += 1) if ((sheet.image.data[y * sheet.image.width + x] ?? 255) < 100) found.push({ x, y });
    const halves = [0, 1].map((index) => found.filter(({ x, y }) => sheet.locate([x, y, 1, 1])?.index === index));
    expect(halves[0]?.length).toBeGreaterThan(300);
    expect((halves[0]?.length ?? 0) + (halves[1]?.length ?? 0)).toBe(found.length);
    halves.forEach((half, index) => {
      const left = Math.min(...half.map(({ x }) => x));
      const top = Math.min(...half.map(({ y }) => y));
      const right = Math.max(...half.map(({ x }) => x));
      const bottom = Math.max(...half.map(({ y }) => y));
      const place = sheet.locate([left, top, right - left + 1, bottom - top + 1]);
      expect(Math.abs((place?.box[0] ?? 0) - 500)).toBeLessThanOrEqual(2);
      expect(Math.abs((place?.box[1] ?? 0) - ((rows[index]?.middle ?? 0) + slope * 200 - 7))).toBeLessThanOrEqual(2);
      expect(place?.box[2]).toBeLessThanOrEqual(12);
    });
  });
});

describe('a printed table of questions read as a paper', () => {
  let folder: Awaited<ReturnType<typeof createTempDir>>;
  let pool: ReadingPool;
  beforeAll(async () => {
    folder = await createTempDir();
    pool = createReadingPool({ size: 1, limits: { maxPages: 5, maxPagePixels: 1e8 }, timeoutMs: 60_000 });
  });
  afterAll(async () => {
    await pool.close();
    await folder.remove();
  });

  it('gives every number and mark between the rules', async () => {
    const questions: Array<[string, string, string]> = [
      ['1.', 'i) State the importance of a digital certificate.', '8'],
      ['', 'ii) What is the role of a hash function?', '7'],
      ['2.', 'i) Explain the features of a wireless network.', '5'],
      ['', 'ii) Describe the activities of spyware.', '5'],
      ['', 'iii) Write a short note on proxy servers.', '5'],
      ['3.', 'i) What are the best practices at home?', '12'],
      ['', 'ii) Name three kinds of attack.', '3'],
    ];
    const file = await makeSheet(folder.path, 'ruled', (page, { font }) => {
      const rule = (x1: number, y1: number, x2: number, y2: number) =>
        page.drawLine({ start: { x: x1, y: y1 }, end: { x: x2, y: y2 }, thickness: 0.8, color: rgb(0, 0, 0) });
      const write = (text: string, x: number, y: number) => page.drawText(text, { x, y, size: 11, font });
      write('Full Marks: 30', 60, 780);
      write('Answer any two questions', 60, 750);
      write('2x15=30', 480, 750);
      questions.forEach(([number, text, marks], i) => {
        const y = 710 - 24 * i;
        write(number, 66, y);
        write(text, 92, y);
        write(marks, 506, y);
        rule(60, y + 16, 540, y + 16);
      });
      rule(60, 710 - 24 * questions.length + 16, 540, 710 - 24 * questions.length + 16);
      for (const x of [60, 86, 498, 540]) rule(x, 726, x, 710 - 24 * questions.length + 16);
    });
    const picture = await rasterise(pool, file, folder.path);
    const { reading } = await pool.readPage({
      file: { absolutePath: picture, mediaType: 'image/png' },
      filePage: 1,
      number: 1,
      languages: ['eng'],
      purpose: 'paper',
    });
    const { proposals, total } = proposeQuestions([reading]);
    expect(proposals.map(({ number, maxScore }) => [number, maxScore])).toEqual([
      ['1(i)', 8],
      ['1(ii)', 7],
      ['2(i)', 5],
      ['2(ii)', 5],
      ['2(iii)', 5],
      ['3(i)', 12],
      ['3(ii)', 3],
    ]);
    expect(total).toEqual({ stated: 30, sum: 30 });
    expect(reading.contentHash).toBeNull();
  }, 60_000);
});

/** The PDF's page as a picture without a text layer. */
async function rasterise(pool: ReadingPool, file: string, folder: string): Promise<string> {
  const { default: sharp } = await import('sharp');
  const { picture } = await pool.readPage({
    file: { absolutePath: file, mediaType: 'application/pdf' },
    filePage: 1,
    number: 1,
    languages: ['eng'],
  });
  const target = `${folder}/ruled.png`;
  await sharp(picture).png().toFile(target);
  return target;
}
