import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { findLanguageData } from '@gradeflow/reading';
import sharp from 'sharp';
import { mean, median, percent, table } from '../support/figures.ts';
import { findVersion, runProgram } from '../support/run-program.ts';
import { type Bench, type EngineName, jobs, type Section } from './bench.ts';
import type { EngineReading } from './engine-process.ts';
import type { PrintedPage } from './printed-pages.ts';
import { comparedPages, race } from './speed.ts';

/** Long side of the pixels that all sides get: about 145 dpi of A4. */
const longSide = 1_700;
const reference = 'tesseract on its own';
const narrowed = 'tesseract, vectors of 128 bits';

export const engines: Section = {
  name: 'engines',
  title: 'The engines alone beside native tesseract',
  run: async (bench) => {
    const version = findVersion('tesseract');
    const data = (await findLanguageData(['eng']))?.[0];
    if (version === null || data === undefined || data.gzip)
      return ['There is no native tesseract with plain data on this machine: nothing to compare with.'];
    const pages = (await bench.printed()).slice(0, comparedPages);
    const copies = await Promise.all(pages.map((page) => makeCopy(bench, page)));
    const narrowVectors = await compileNarrowVectors(bench);
    const contestants = [
      ...bench.engines.map((engine) => ({ name: engine, run: () => readWithEngine(bench, engine, copies) })),
      { name: reference, run: () => readWithTesseract(bench, copies, data.folder) },
      ...(narrowVectors
        ? [{ name: narrowed, run: () => readWithTesseract(bench, copies, data.folder, { LD_PRELOAD: narrowVectors }) }]
        : []),
    ];
    const measured = await race(contestants, bench.rounds);
    const base = measured.find(({ name }) => name === reference);
    return [
      `The same ${pages.length} pages as grey pixels (long side ${longSide} px), the same ${data.kind} data, page mode 3, no page left out, ${jobs} at once, start-up included; medians of ${bench.rounds} interleaved rounds. ${version}: two processes with half of the pages each, text and TSV.`,
      ...(narrowVectors
        ? [
            'With vectors of 128 bits: the same program, whose networks are kept from wider vectors (narrow-vectors.c). WebAssembly has no wider ones.',
          ]
        : []),
      '',
      ...table(
        ['', 'pages/s', 'CPU s a page', 'speed beside tesseract', 'CPU beside tesseract', 'CER mean / median over pages'],
        measured.map((one) => {
          const cer = pages.map(({ truth }, index) => bench.set.score(truth, one.texts[index] ?? '').cer);
          const [seconds, cpuSeconds] = [median(one.seconds), median(one.cpuSeconds)];
          const share = (mine: number, its: readonly number[] | undefined) => (median(its ?? []) / mine).toFixed(2);
          return [
            one.name,
            (pages.length / seconds).toFixed(2),
            (cpuSeconds / pages.length).toFixed(2),
            share(seconds, base?.seconds),
            share(cpuSeconds, base?.cpuSeconds),
            `${percent(mean(cer))} / ${percent(median(cer))}`,
          ];
        }),
      ),
    ];
  },
};

async function makeCopy({ folder }: Bench, page: PrintedPage): Promise<string> {
  const { data, info } = await sharp(page.file)
    .flatten({ background: '#fff' })
    .grayscale()
    .resize({ width: longSide, height: longSide, fit: 'inside', withoutEnlargement: true })
    .toColourspace('b-w')
    .raw()
    .toBuffer({ resolveWithObject: true });
  const { width, height } = info;
  const file = path.join(folder, `${page.id}.pgm`);
  await writeFile(file, Buffer.concat([Buffer.from(`P5\n${width} ${height}\n255\n`), data]));
  return file;
}

const engineProcess = fileURLToPath(new URL('./engine-process.ts', import.meta.url));

async function readWithEngine({ folder }: Bench, name: EngineName, pictures: readonly string[]): Promise<EngineReading> {
  return inParallel(pictures, async (mine, own) => {
    const output = path.join(folder, `engine-${own}.json`);
    await runProgram(process.execPath, ['--single-threaded-gc', engineProcess, name, output, ...mine]);
    return JSON.parse(await readFile(output, 'utf8')) as EngineReading;
  });
}

/** A list of pictures a process: its start-up counts once. */
async function readWithTesseract(
  { folder }: Bench,
  pictures: readonly string[],
  tessdata: string,
  env: Record<string, string> = {},
): Promise<EngineReading> {
  return inParallel(pictures, async (mine, own) => {
    const list = path.join(folder, `list-${own}.txt`);
    await writeFile(list, `${mine.join('\n')}\n`);
    const output = path.join(folder, `native-${own}`);
    const settings = ['--psm', '3', '--oem', '1', '-l', 'eng', '--tessdata-dir', tessdata, '-c', 'tessedit_do_invert=0'];
    await runProgram('tesseract', [list, output, ...settings, 'txt', 'tsv'], { env: { OMP_THREAD_LIMIT: '1', ...env } });
    return { texts: (await readFile(`${output}.txt`, 'utf8')).split('\f'), lostCpuSeconds: 0 };
  });
}

/** What makes tesseract do without wide vectors; null without a C compiler or with a library that knows other names. */
async function compileNarrowVectors({ folder }: Bench): Promise<string | null> {
  const library = path.join(folder, 'narrow-vectors.so');
  const source = fileURLToPath(new URL('./narrow-vectors.c', import.meta.url));
  try {
    await runProgram('cc', ['-shared', '-fPIC', '-O2', '-Wl,--no-undefined', '-o', library, source, '-l:libtesseract.so.5']);
    return library;
  } catch {
    return null;
  }
}

/** Deals pictures out to `jobs` processes. */
async function inParallel(
  pictures: readonly string[],
  read: (mine: string[], own: number) => Promise<EngineReading>,
): Promise<EngineReading> {
  const dealt = Array.from({ length: jobs }, (_, own) => pictures.filter((_, index) => index % jobs === own));
  const readings = await Promise.all(dealt.map(read));
  return {
    texts: pictures.map((_, index) => readings[index % jobs]?.texts[Math.floor(index / jobs)] ?? ''),
    lostCpuSeconds: readings.reduce((sum, { lostCpuSeconds }) => sum + lostCpuSeconds, 0),
  };
}
