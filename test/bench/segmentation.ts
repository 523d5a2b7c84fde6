/**
 * How well answers are found on sheets, on generated ones with known truth: read perfectly, and printed, degraded and read by OCR.
 * `npm run bench -- segmentation [DATA] [--clean 1000] [--scanned 40]`. DATA is the folder that holds `grading/answers.jsonl`, whose answers are
 * written on the sheets; without it `GRADEFLOW_DATA`, else `../shared/data` beside the repository, else texts of our own.
 */
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { repository } from '../e2e/fleet.ts';
import { describeMachine } from './support/figures.ts';

interface Row {
  feature: string;
  sheets: number;
  precision: number;
  recall: number;
  recallOfRead: number;
  linesRight: number;
  perfect: number;
  flagged: number;
  perfectUnflagged: number | null;
}

interface Measured {
  texts: number;
  clean: { first: number; rows: Row[] };
  scanned: { first: number; rows: Row[]; engine: string };
  cost: Array<{ pages: number; words: number; cpuMs: number }>;
}

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { clean: { type: 'string', default: '1000' }, scanned: { type: 'string', default: '40' } },
});
const dataFolder = path.resolve(positionals[0] ?? process.env.GRADEFLOW_DATA ?? path.join(repository, '../shared/data'));
const answers = path.join(dataFolder, 'grading/answers.jsonl');
const measured = await measure();
const text = describe(measured);
process.stdout.write(text);
await writeFile(path.join(repository, 'test/bench/results/segmentation.md'), text);

function measure(): Promise<Measured> {
  const script = path.join(repository, 'packages/reading/src/segmentation/testing/measure-sheets.ts');
  const args = [script, '--clean', values.clean, '--scanned', values.scanned, ...(existsSync(answers) ? ['--answers', answers] : [])];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  return new Promise((resolve, reject) => {
    let output = '';
    child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
      output += chunk;
    });
    child.on('error', reject);
    child.on('close', (code) => (code === 0 ? resolve(JSON.parse(output) as Measured) : reject(new Error(`measuring ended with ${code}`))));
  });
}

function describe({ texts, clean, scanned, cost }: Measured): string {
  return [
    '# Answers per question',
    '',
    `Generated sheets with ${texts.toLocaleString('en')} ${existsSync(answers) ? 'real answers' : 'answers of our own'} to choose from; their features are drawn by seed, several on most sheets. ${describeMachine()}`,
    '',
    'Precision and recall: answers that begin where they should, of those found and of those written. Lines: lines whose words went where they',
    'belong, labels, marks and copied questions among them. Perfect: everything on the sheet is right. Flagged: at least one number is doubtful',
    '(or, after OCR, a page).',
    '',
    `## Read perfectly, seeds ${clean.first} to ${clean.first + Number(values.clean) - 1}`,
    '',
    ...table(clean.rows, false),
    '',
    `## Printed, scanned (200 dpi, noise, blur, JPEG, turned by up to 0.3°) and read by ${scanned.engine}, seeds ${scanned.first} to ${scanned.first + Number(values.scanned) - 1}`,
    '',
    'Recall of read: without the answers of which no word was read at all.',
    '',
    ...table(scanned.rows, true),
    '',
    '## Cost',
    '',
    'Dense pages, 40 questions, lists in all answers; CPU time of one call.',
    '',
    '| pages | words | ms |',
    '|---|---|---|',
    ...cost.map(({ pages, words, cpuMs }) => `| ${pages} | ${words.toLocaleString('en')} | ${cpuMs.toFixed(0)} |`),
    '',
  ].join('\n');
}

function table(rows: Row[], ocr: boolean): string[] {
  const share = (value: number | null) => (value === null || Number.isNaN(value) ? '–' : value.toFixed(3));
  return [
    `| sheets with | number | precision | recall |${ocr ? ' recall of read |' : ''} lines right | perfect | flagged | perfect among unflagged |`,
    `|---|---|---|---|${ocr ? '---|' : ''}---|---|---|---|`,
    ...rows.map((row) => {
      const cells = [
        row.precision,
        row.recall,
        ...(ocr ? [row.recallOfRead] : []),
        row.linesRight,
        row.perfect,
        row.flagged,
        row.perfectUnflagged,
      ];
      return `| ${row.feature} | ${row.sheets} | ${cells.map(share).join(' | ')} |`;
    }),
  ];
}
