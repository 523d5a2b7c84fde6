/**
 * What the engines' confidence in a word means, and which pages are doubted. `npm run bench -- calibrate-reading [DATA] [--every 3] [--engines native]`.
 * DATA as in the bench `reading`; `--every` takes one page of so many. Prints the table for packages/reading/src/words/word-confidence.ts with its
 * reliability, by five folds over pages, and how the doubts of whole pages agree with their errors, as production reads them.
 */
import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { createOcrEngine, findChosenNative, type OcrEngineName } from '@gradeflow/reading';
import { createTempDir } from '@gradeflow/testing';
import sharp from 'sharp';
import { repository } from '../e2e/fleet.ts';
import { type Condition, conditions, degrade } from './calibration/degrade.ts';
import { fitKnots, type LabelledWord, measureReliability, promiseByFolds } from './calibration/fit.ts';
import { labelWords } from './calibration/label-words.ts';
import { type EngineName, pageRequest, withPool } from './reading/bench.ts';
import { findPageSet, type PageSet } from './reading/page-set.ts';
import { makePrintedPages } from './reading/printed-pages.ts';
import { describeMachine, percent, table } from './support/figures.ts';

/** A person can use a page with fewer wrong characters, and nobody one with more. */
const goodBelow = 0.1;
const lostAbove = 0.3;

interface Page {
  id: string;
  file: string;
  truth: string;
}

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { every: { type: 'string', default: '1' }, engines: { type: 'string' } },
});
const dataFolder = path.resolve(positionals[0] ?? process.env.GRADEFLOW_DATA ?? path.join(repository, '../shared/data'));
const found = await findPageSet(dataFolder);
if (found) await main(found);
else {
  process.stderr.write(`There is no ocr/manifest.json in ${dataFolder}: name the folder of the page set, or set GRADEFLOW_DATA.\n`);
  process.exitCode = 1;
}

async function main(set: PageSet): Promise<void> {
  const folder = await createTempDir();
  try {
    const pages = (await findPages(set, folder.path)).filter((_, index) => index % Number(values.every) === 0);
    const files = await writeConditions(pages, folder.path);
    const here = (await findChosenNative()) ? 'native,tesseract.js' : 'tesseract.js';
    const engines = (values.engines ?? here).split(',') as EngineName[];
    const words = new Map<string, ReadWord[]>();
    for (const engine of engines) words.set(engine, await readWords(engine, files));
    const doubted = engines[0] ? await readPages(engines[0], files, set) : [];
    const text = [
      '# What the confidences of reading mean',
      '',
      `${pages.length} pages with transcripts in ${conditions.length} conditions (${conditions.join(', ')}). ${describeMachine()}`,
      '',
      ...describeWords(words),
      ...describeDoubts(doubted),
    ].join('\n');
    process.stdout.write(text);
    await writeFile(`${repository}/test/bench/results/calibrate-reading.md`, text);
  } finally {
    await folder.remove();
  }
}

/** Printed pages, and letters typed and written by hand. */
async function findPages(set: PageSet, folder: string): Promise<Page[]> {
  const printed = await withPool('tesseract.js', (pool) => makePrintedPages(set, pool, folder));
  const letters = set.items.filter(({ kind }) => kind === 'typed-letter' || kind === 'handwritten-letter');
  const further = letters.map(async (item) => ({ id: item.id, file: set.fileOf(item), truth: await set.truthOf(item) }));
  return [...printed, ...(await Promise.all(further))];
}

type ConditionedPage = Page & { condition: Condition };

async function writeConditions(pages: readonly Page[], folder: string): Promise<ConditionedPage[]> {
  const written: ConditionedPage[] = [];
  for (const [index, page] of pages.entries())
    for (const condition of conditions) {
      const file = path.join(folder, `${page.id}--${condition.replaceAll(' ', '-')}.png`);
      await writeFile(file, await degrade(page.file, condition, index));
      written.push({ ...page, file, condition });
    }
  return written;
}

/** `mark`: without a letter or a digit. */
type ReadWord = LabelledWord & { mark: boolean };

/** Words as the engine itself gives them, whole page, without anything that happens to them later. */
async function readWords(name: OcrEngineName, files: readonly ConditionedPage[]): Promise<ReadWord[]> {
  const engine = await createOcrEngine(['eng'], { engine: name });
  const words: ReadWord[] = [];
  try {
    for (const { id, file, truth } of files) {
      const { data, info } = await sharp(await readFile(file))
        .toColourspace('b-w')
        .raw()
        .toBuffer({ resolveWithObject: true });
      const { lines } = await engine.recognise({ width: info.width, height: info.height, data });
      const read = lines.flat();
      const right = labelWords(
        read.map(({ text }) => text),
        truth,
      );
      for (const [index, { text, confidence }] of read.entries())
        words.push({ group: id, confidence, right: right[index] ?? false, mark: !/[\p{L}\p{N}]/u.test(text) });
    }
  } finally {
    await engine.close();
  }
  return words;
}

function describeWords(read: ReadonlyMap<string, ReadWord[]>): string[] {
  const words = new Map([...read].map(([engine, own]) => [engine, own.filter(({ mark }) => !mark)]));
  const marks = [...read.values()].flat().filter(({ mark }) => mark);
  const reliability = (name: string, promised: ReadonlyArray<{ promised: number; right: boolean }>) => {
    const { ece, auc, brier } = measureReliability(promised);
    return [name, promised.length, percent(ece), auc.toFixed(3), brier.toFixed(4)];
  };
  const all = [...words.values()].flat();
  const asSaid = all.map(({ confidence, right }) => ({ promised: confidence, right }));
  const rows = [...words].map(([engine, own]) => reliability(`${engine}, table fitted on other pages`, promiseByFolds(own)));
  const knots = [...words].map(([engine, own]) => `${engine}: ${formatKnots(own)}`);
  return [
    '## Words',
    '',
    ...table(
      ['confidence', 'words', 'ECE', 'AUC', 'Brier'],
      [reliability('as the engines say it', asSaid), ...rows, reliability('both, one table fitted on other pages', promiseByFolds(all))],
    ),
    '',
    `Table of both: ${formatKnots(all)}`,
    '',
    `Marks without a letter or digit (${marks.length}): ${formatKnots(marks)}`,
    '',
    ...knots.map((line) => `- ${line}`),
    '',
  ];
}

function formatKnots(words: readonly LabelledWord[]): string {
  return fitKnots(words)
    .map(([confidence, share]) => `[${confidence.toFixed(3)}, ${share.toFixed(3)}]`)
    .join(', ');
}

interface ReadPage {
  name: string;
  cer: number;
  confidence: number;
  doubts: readonly string[];
}

/** Pages as production reads them. */
async function readPages(engine: EngineName, files: readonly ConditionedPage[], set: PageSet): Promise<ReadPage[]> {
  return withPool(engine, (pool) =>
    Promise.all(
      files.map(async ({ id, condition, file, truth }) => {
        const { reading } = await pool.readPage(pageRequest(file, 'image/png'));
        const { confidence, doubts } = reading;
        return { name: `${id}, ${condition}`, cer: set.score(truth, reading.text).cer, confidence, doubts };
      }),
    ),
  );
}

function describeDoubts(pages: readonly ReadPage[]): string[] {
  const lost = pages.filter(({ cer }) => cer > lostAbove);
  const good = pages.filter(({ cer }) => cer < goodBelow);
  const doubted = (some: readonly ReadPage[]) => some.filter(({ doubts }) => doubts.length > 0).length;
  const off = pages.reduce((sum, { cer, confidence }) => sum + Math.abs(confidence - Math.max(0, 1 - cer)), 0) / Math.max(1, pages.length);
  const precision = doubted(lost) / Math.max(1, doubted(lost) + doubted(good));
  const wrong = [...good.filter(({ doubts }) => doubts.length > 0), ...lost.filter(({ doubts }) => doubts.length === 0)];
  const describe = ({ name, cer, confidence, doubts: own }: ReadPage) => [name, percent(cer), confidence.toFixed(2), own.join(' ')];
  return [
    '## Pages',
    '',
    `${good.length} pages have less than ${percent(goodBelow, 0)} wrong characters, ${lost.length} more than ${percent(lostAbove, 0)}. Any doubt as a sign of the latter: precision ${precision.toFixed(2)}, recall ${(doubted(lost) / Math.max(1, lost.length)).toFixed(2)}. A page's confidence differs from its share of right characters by ${percent(off, 1)} in the mean.`,
    '',
    'Usable pages that are doubted, lost ones that are not:',
    '',
    ...table(['page', 'CER', 'confidence', 'doubts'], wrong.map(describe)),
    '',
  ];
}
