/**
 * Reading: errors, speed, memory and what becomes of turned, photographed and hostile pages, on a set of real pages with transcripts.
 * `npm run bench -- reading [DATA] [--only accuracy,speed] [--engines native] [--rounds 3] [--quick]`. DATA is the folder that holds `ocr/`; without it
 * `GRADEFLOW_DATA`, else `../shared/data` beside the repository. Each section of the results is replaced only when it ran.
 */
import path from 'node:path';
import { parseArgs } from 'node:util';
import { createTempDir } from '@gradeflow/testing';
import { repository } from '../e2e/fleet.ts';
import { accuracy } from './reading/accuracy.ts';
import { type Bench, type EngineName, type Section, withPool } from './reading/bench.ts';
import { engines } from './reading/engines.ts';
import { firstPage } from './reading/first-page.ts';
import { hostile } from './reading/hostile.ts';
import { memory } from './reading/memory.ts';
import { findPageSet } from './reading/page-set.ts';
import { photos } from './reading/photos.ts';
import { makePrintedPages, type PrintedPage } from './reading/printed-pages.ts';
import { speed } from './reading/speed.ts';
import { textLayers } from './reading/text-layers.ts';
import { turned } from './reading/turned.ts';
import { describeMachine } from './support/figures.ts';
import { updateResults } from './support/results.ts';
import { findVersion } from './support/run-program.ts';

const sections: Section[] = [accuracy, speed, engines, firstPage, memory, turned, photos, textLayers, hostile];

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    only: { type: 'string' },
    engines: { type: 'string' },
    rounds: { type: 'string', default: '3' },
    quick: { type: 'boolean', default: false },
  },
});
process.exitCode = await main();

async function main(): Promise<number> {
  const dataFolder = path.resolve(positionals[0] ?? process.env.GRADEFLOW_DATA ?? path.join(repository, '../shared/data'));
  const set = await findPageSet(dataFolder);
  if (!set) return complain(`There is no ocr/manifest.json in ${dataFolder}: name the folder of the page set, or set GRADEFLOW_DATA.`);
  const chosen = sections.filter(({ name }) => !values.only || values.only.split(',').includes(name));
  if (chosen.length === 0) return complain(`There is no section "${values.only}": ${sections.map(({ name }) => name).join(', ')}.`);
  const folder = await createTempDir();
  // As `npm start` sets it for its processes.
  process.env.NODE_COMPILE_CACHE ??= path.join(folder.path, 'compile-cache');
  try {
    const printed = keepPrinted(set, folder.path);
    const bench: Bench = {
      ...{ set, folder: folder.path, quick: values.quick, rounds: values.quick ? 1 : Number(values.rounds), printed },
      engines: enginesHere(),
    };
    let failed = 0;
    for (const section of chosen) if (!(await report(section, bench))) failed += 1;
    return failed === 0 ? 0 : 1;
  } finally {
    await folder.remove();
  }
}

/** The default engine first, as OCR_ENGINE=auto chooses it. */
function enginesHere(): Bench['engines'] {
  const all: EngineName[] = findVersion('tesseract') === null ? ['tesseract.js'] : ['native', 'tesseract.js'];
  const [first, ...others] = all.filter((name) => !values.engines || values.engines.split(',').includes(name));
  return [first ?? 'tesseract.js', ...others];
}

function complain(sentence: string): number {
  process.stderr.write(`${sentence}\n`);
  return 2;
}

/** Made once; a quick run takes a book, an archive page and an exam page. */
function keepPrinted(set: Bench['set'], folder: string): Bench['printed'] {
  let kept: Promise<PrintedPage[]> | null = null;
  return () => {
    kept ??= withPool(enginesHere()[0], (pool) => makePrintedPages(set, pool, folder)).then((pages) =>
      values.quick ? pages.filter(({ item }, i) => pages.findIndex((other) => other.item.kind === item.kind) === i) : pages,
    );
    return kept;
  };
}

/** Prints a section and, unless it was only a quick look, writes it to the results. False when it failed: the others go on, and its earlier results stay. */
async function report(section: Section, bench: Bench): Promise<boolean> {
  const start = performance.now();
  let lines: string[];
  try {
    lines = await section.run(bench);
  } catch (error) {
    process.stderr.write(`${section.title}: ${error instanceof Error ? error.stack : String(error)}\n`);
    return false;
  }
  const text = [...lines, '', describeMachine()].join('\n');
  process.stdout.write(`## ${section.title}\n\n${text}\n(${((performance.now() - start) / 1_000).toFixed(0)} s)\n\n`);
  if (values.quick) return true;
  await updateResults(`${repository}/test/bench/results/reading.md`, {
    title: 'Reading',
    intro: 'What of it a section compares was measured in one run. Exam papers have a bench of their own: [papers](papers.md).',
    order: sections.map(({ title }) => title),
    section: { title: section.title, text },
  });
  return true;
}
