/**
 * Measures how well sheets are split and prints the figures as JSON; for `npm run bench -- segmentation`.
 * `node measure-sheets.ts --clean 1000 --scanned 40 [--answers FILE]`: sheets of unseen seeds, read perfectly and by OCR through the
 * reading pool. `--answers`: lines of JSON with `question` and `answer`; without it texts of our own.
 */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import type { PageReading } from '@gradeflow/contracts';
import { createReadingPool } from '../../pool/reading-pool.ts';
import type { Segmentation } from '../../types.ts';
import { segmentAnswers } from '../segment-answers.ts';
import { type MadeSheet, makeSheet, type SheetTexts } from './make-sheet.ts';
import { ownTexts } from './own-texts.ts';
import { readPerfectly } from './read-sheet.ts';
import { createMeasure, scanSheet } from './scan-sheet.ts';
import { type SheetScore, scoreSheet } from './score-sheet.ts';
import { type Figures, sumUp } from './sum-up.ts';
import { createTypesetter, pieces } from './typesetter.ts';

const firstClean = 400_001;
const firstScanned = 600_001;

interface Row extends Figures {
  feature: string;
}

const { values } = parseArgs({
  options: { clean: { type: 'string', default: '1000' }, scanned: { type: 'string', default: '40' }, answers: { type: 'string' } },
});
const texts = values.answers ? await readTexts(values.answers) : ownTexts;
const measure = await createMeasure();
const clean = measureClean(Number(values.clean));
const scanned = await measureScanned(Number(values.scanned));
const report = {
  texts: texts.answers.length,
  clean: { first: firstClean, rows: clean },
  scanned: { first: firstScanned, ...scanned },
  cost: measureCost(),
};
process.stdout.write(`${JSON.stringify(report)}\n`);

/** What can be printed in the sheet's font: Latin-1 with plain quotes. */
async function readTexts(file: string): Promise<SheetTexts> {
  const lines = (await readFile(file, 'utf8')).trim().split('\n');
  const plain = (text: string) =>
    text
      .replace(/[\u2018\u2019]/g, "'")
      .replace(/[\u201c\u201d]/g, '"')
      .replace(/[\u2013\u2014]/g, '-')
      .replace(/[^\x20-\x7e\xa1-\xff]/g, ' ')
      .replace(/\s+/g, ' ')
      .trim();
  const answers = lines.map((line) => {
    const { question, answer } = JSON.parse(line) as { question?: string; answer?: string };
    return {
      question: plain(question ?? '')
        .split(' ')
        .slice(0, 45)
        .join(' '),
      answer: plain(answer ?? ''),
    };
  });
  return { answers: answers.filter(({ question, answer }) => question.length > 8 && answer.length > 0) };
}

function split(sheet: MadeSheet, pages: PageReading[]): Segmentation {
  return segmentAnswers(pages, sheet.numbers, { prompts: sheet.prompts });
}

function measureClean(count: number): Row[] {
  return byFeature(
    Array.from({ length: count }, (_, i) => {
      const sheet = makeSheet(firstClean + i, texts, measure);
      const pages = readPerfectly(sheet);
      return { sheet, score: scoreSheet(sheet, pages, split(sheet, pages)) };
    }),
  );
}

/** A page that is doubted by the reader itself flags its sheet as well: a person looks at it. */
async function measureScanned(count: number): Promise<{ rows: Row[]; engine: string }> {
  const folder = await mkdtemp(path.join(tmpdir(), 'gradeflow-sheets-'));
  const pool = createReadingPool({ size: 1, limits: { maxPages: 50, maxPagePixels: 50_000_000 }, timeoutMs: 120_000 });
  let engine = '';
  try {
    const made: Array<{ sheet: MadeSheet; score: SheetScore }> = [];
    for (let seed = firstScanned; seed < firstScanned + count; seed++) {
      const sheet = makeSheet(seed, texts, measure);
      const pages: PageReading[] = [];
      for (const [i, scan] of (await scanSheet(sheet, seed)).entries()) {
        const absolutePath = path.join(folder, 'page.jpg');
        await writeFile(absolutePath, scan);
        const request = { file: { absolutePath, mediaType: 'image/jpeg' as const }, filePage: 1, number: i + 1, languages: ['eng'] };
        const { reading } = await pool.readPage(request);
        engine ||= reading.engine;
        pages.push(reading);
      }
      const score = scoreSheet(sheet, pages, split(sheet, pages));
      made.push({ sheet, score: { ...score, flagged: score.flagged || pages.some((page) => page.doubts.length > 0) } });
    }
    return { rows: byFeature(made), engine };
  } finally {
    await pool.close();
    await rm(folder, { recursive: true });
  }
}

/** All sheets first, then those with each feature. */
function byFeature(made: Array<{ sheet: MadeSheet; score: SheetScore }>): Row[] {
  const features = [...new Set(made.flatMap(({ sheet }) => sheet.features))].sort();
  const rowOf = (feature: string, own: typeof made): Row => ({ feature, ...sumUp(own.map(({ score }) => score)) });
  return made.length === 0
    ? []
    : [
        rowOf('all', made),
        rowOf(
          'no table of choices',
          made.filter(({ sheet }) => !sheet.features.some((feature) => feature.startsWith('choices'))),
        ),
        rowOf(
          'none of the below',
          made.filter(({ sheet }) => sheet.features.length === 0),
        ),
        ...features.map((feature) =>
          rowOf(
            feature,
            made.filter(({ sheet }) => sheet.features.includes(feature)),
          ),
        ),
      ];
}

/** Dense pages with 40 questions and a list in each answer; milliseconds of CPU, the better of three. */
function measureCost(): Array<{ pages: number; words: number; cpuMs: number }> {
  return [10, 20, 40, 80].map((wanted) => {
    const paper = createTypesetter({ measure, lineHeight: 14, columns: [{ left: 56, right: 545 }], header: () => [], footer: () => [] });
    const prose = ownTexts.answers.map(({ answer }) => answer);
    for (let i = 0; paper.pages.length < wanted; i++) {
      const own = { answer: String((i % 40) + 1) };
      paper.write(pieces(`${(i % 40) + 1}. ${[0, 1, 2, 3].map((k) => prose[(i + k) % prose.length]).join(' ')}`, own));
      for (let k = 1; k < 4; k++) paper.write(pieces(`${k}. ${prose[(i * 3 + k) % prose.length]}`, own), { from: 14 });
    }
    const numbers = Array.from({ length: 40 }, (_, i) => String(i + 1));
    const pages = readPerfectly({ pages: paper.pages, numbers, prompts: {}, features: [], readAcross: false });
    const times = [0, 1, 2].map(() => {
      const before = process.cpuUsage();
      segmentAnswers(pages, numbers);
      const { user, system } = process.cpuUsage(before);
      return (user + system) / 1000;
    });
    return { pages: pages.length, words: pages.reduce((sum, page) => sum + page.words.length, 0), cpuMs: Math.min(...times) };
  });
}
