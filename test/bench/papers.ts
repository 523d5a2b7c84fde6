/**
 * Question papers: numbers, parts and marks found on scanned papers with labels, page by page.
 * `npm run bench -- papers [DATA] [--engines native,tesseract.js]`. DATA is the folder that holds `ocr/`; without it `GRADEFLOW_DATA`, else
 * `../shared/data` beside the repository. Labels are `ocr/labels/<name>.json` beside `ocr/files/<name>.pdf`.
 */
import { existsSync } from 'node:fs';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { type PaperProposal, proposeQuestions } from '@gradeflow/reading';
import { repository } from '../e2e/fleet.ts';
import { type EngineName, pageRequest, withPool } from './reading/bench.ts';
import { describeMachine, percent, table } from './support/figures.ts';
import { findVersion } from './support/run-program.ts';

/** Marks as printed ("5", "1+5"), by number, or by part where a number has parts. */
type Labels = Record<string, string | Record<string, string>>;

interface LabelledPage {
  name: string;
  file: string;
  page: number;
  labels: Labels;
}

interface Score {
  expected: number;
  found: number;
  wrong: number;
}

interface PageScore {
  name: string;
  numbers: Score;
  /** Numbers without parts, and parts. */
  questions: Score;
  /** `found`: of the labelled marks those that were read right; `wrong`: a question that was found carries others. */
  marks: Score;
  seconds: number;
}

const { values, positionals } = parseArgs({ allowPositionals: true, options: { engines: { type: 'string' } } });
const folder = path.resolve(positionals[0] ?? process.env.GRADEFLOW_DATA ?? path.join(repository, '../shared/data'), 'ocr');
process.exitCode = await main();

async function main(): Promise<number> {
  if (!existsSync(path.join(folder, 'labels'))) {
    process.stderr.write(`There is no labels folder in ${folder}: name the folder of the page set, or set GRADEFLOW_DATA.\n`);
    return 2;
  }
  const pages = await findPages();
  const text = ['# Question papers', '', `${intro(pages.length)} ${describeMachine()}`, ''];
  for (const engine of enginesHere())
    for (const purpose of ['paper', 'answers'] as const) text.push(...describe(engine, purpose, await measure(engine, purpose, pages)));
  process.stdout.write(`${text.join('\n')}\n`);
  await writeFile(path.join(repository, 'test/bench/results/papers.md'), text.join('\n'));
  return 0;
}

function intro(pages: number): string {
  return (
    `${pages} scanned pages with labels; each page by itself, found / expected, and how many are false. A number counts once whatever its parts; questions are ` +
    'parts and numbers without parts; marks count where the labels state them beside the question. The rules were worked out on these pages and on others ' +
    'of the same papers: on strange papers expect less.'
  );
}

function enginesHere(): EngineName[] {
  const all: EngineName[] = findVersion('tesseract') === null ? ['tesseract.js'] : ['native', 'tesseract.js'];
  return all.filter((name) => !values.engines || values.engines.split(',').includes(name));
}

async function findPages(): Promise<LabelledPage[]> {
  const names = (await readdir(path.join(folder, 'labels'))).filter((name) => name.endsWith('.json')).sort();
  const pages = names.map(async (name): Promise<LabelledPage[]> => {
    const { pages: labelled } = JSON.parse(await readFile(path.join(folder, 'labels', name), 'utf8')) as {
      pages: Record<string, { questions: Labels }>;
    };
    const paper = path.basename(name, '.json');
    const file = path.join(folder, 'files', `${paper}.pdf`);
    return Object.entries(labelled).map(([page, { questions }]) => ({
      name: `${paper} p. ${page}`,
      file,
      page: Number(page),
      labels: questions,
    }));
  });
  return (await Promise.all(pages)).flat();
}

function measure(engine: EngineName, purpose: 'paper' | 'answers', pages: readonly LabelledPage[]): Promise<PageScore[]> {
  return withPool(
    engine,
    async (pool) => {
      const scores: PageScore[] = [];
      for (const { name, file, page, labels } of pages) {
        const started = performance.now();
        const { reading } = await pool.readPage({ ...pageRequest(file, 'application/pdf', page), purpose });
        scores.push({ name, ...scorePage(proposeQuestions([reading]), labels), seconds: (performance.now() - started) / 1000 });
      }
      return scores;
    },
    { size: 1, timeoutMs: 240_000 },
  );
}

function scorePage({ proposals }: PaperProposal, labels: Labels): Omit<PageScore, 'name' | 'seconds'> {
  const expected = Object.entries(labels).flatMap(([number, marks]): Array<[string, string]> => {
    if (typeof marks === 'string') return [[number, marks]];
    const parts = Object.entries(marks).map(([part, partMarks]): [string, string] => [`${number}(${part})`, partMarks]);
    return parts.length > 0 ? parts : [[number, '']];
  });
  const stated = expected.filter(([, marks]) => marks !== '');
  const scoreOf = (number: string) => proposals.find((proposal) => proposal.number === number)?.maxScore;
  const right = stated.filter(([number, marks]) => scoreOf(number) === worth(marks));
  return {
    numbers: compare(Object.keys(labels), [...new Set(proposals.map(({ number }) => /^\d+/.exec(number)?.[0] ?? number))]),
    questions: compare(
      expected.map(([number]) => number),
      proposals.map(({ number }) => number),
    ),
    marks: {
      expected: stated.length,
      found: right.length,
      wrong: stated.filter(([number, marks]) => scoreOf(number) != null && scoreOf(number) !== worth(marks)).length,
    },
  };
}

/** "1+5" is 6. */
function worth(marks: string): number {
  return marks.split('+').reduce((sum, part) => sum + Number(part), 0);
}

function compare(expected: readonly string[], found: readonly string[]): Score {
  const right = expected.filter((one) => found.includes(one)).length;
  return { expected: expected.length, found: right, wrong: found.length - right };
}

function describe(engine: EngineName, purpose: 'paper' | 'answers', scores: readonly PageScore[]): string[] {
  const cell = ({ found, expected, wrong }: Score): string => `${found} / ${expected}${wrong > 0 ? `, ${wrong} false` : ''}`;
  const sum = (of: (score: PageScore) => Score): Score => ({
    expected: scores.reduce((total, score) => total + of(score).expected, 0),
    found: scores.reduce((total, score) => total + of(score).found, 0),
    wrong: scores.reduce((total, score) => total + of(score).wrong, 0),
  });
  const rates = ({ found, expected, wrong }: Score): string =>
    `recall ${percent(found / expected, 1)}, precision ${percent(found / (found + wrong), 1)}`;
  const all = [sum(({ numbers }) => numbers), sum(({ questions }) => questions), sum(({ marks }) => marks)] as const;
  return [
    `## ${engine}, ${purpose === 'paper' ? 'read as a question paper' : 'read as a sheet of answers (without the second reading of the margins)'}`,
    '',
    ...table(
      ['page', 'numbers', 'questions', 'marks', 'seconds'],
      scores.map(({ name, numbers, questions, marks, seconds }) => [name, cell(numbers), cell(questions), cell(marks), seconds.toFixed(1)]),
    ),
    '',
    `Numbers: ${rates(all[0])}. Questions: ${rates(all[1])}. Marks: ${rates(all[2])}.`,
    '',
  ];
}
