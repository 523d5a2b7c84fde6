import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { mean, median, percent, table } from '../support/figures.ts';
import { cpuSecondsOfGrandchildren, findVersion, runProgram, timed } from '../support/run-program.ts';
import { type Bench, type EngineName, jobs, pageRequest, type Section, withPool } from './bench.ts';
import { type PrintedPage, writeScan } from './printed-pages.ts';

/** One side of the comparison: reads the whole scan. */
interface Contestant {
  name: string;
  run(round: number): Promise<Outcome>;
}

interface Outcome {
  /** Of each page. */
  texts: string[];
  /** CPU of programs that were killed with the process that had started them, which `timed` cannot see. */
  lostCpuSeconds?: number;
}

interface Measured {
  name: string;
  seconds: number[];
  cpuSeconds: number[];
  texts: string[];
}

/** Books, archive pages and eleven exam pages: enough for a ratio, little enough for every round. */
export const comparedPages = 24;

const baselines = { usual: 'OCRmyPDF, default', lean: 'OCRmyPDF, lean' };

export const speed: Section = {
  name: 'speed',
  title: 'Pages per second beside OCRmyPDF',
  run: async (bench) => {
    const pages = (await bench.printed()).slice(0, comparedPages);
    const scan = path.join(bench.folder, 'speed.pdf');
    await writeScan(scan, pages);
    const version = findVersion('ocrmypdf');
    const contestants = [
      ...bench.engines.map((engine) => ours(bench, scan, pages, engine)),
      ...(version === null ? [] : ocrmypdf(bench, scan)),
    ];
    const measured = await race(contestants, bench.rounds);
    return [
      `One PDF of the first ${pages.length} printed pages of the set as scanners make it (grey JPEG, 300 dpi) in, text and words of every page out; ${jobs} processes, start-up included (with the compile cache that \`npm start\` keeps); medians of ${bench.rounds} interleaved rounds.`,
      `OCRmyPDF ${version ?? 'is not installed here: there is nothing to compare with'}, \`--jobs ${jobs} --sidecar\`; lean: with \`--output-type none -O0\`.`,
      '',
      ...table(
        ['', 'pages/s', 'CPU s a page', '× default', '× lean', 'CER mean / median over pages'],
        measured.map((one) => describe(bench, pages, measured, one)),
      ),
    ];
  },
};

function ours(bench: Bench, scan: string, pages: readonly PrintedPage[], engine: EngineName): Contestant {
  const read = () =>
    withPool(engine, async (pool) => {
      const texts = pages.map(async (_, index) => (await pool.readPage(pageRequest(scan, 'application/pdf', index + 1))).reading.text);
      return { texts: await Promise.all(texts), lostCpuSeconds: cpuSecondsOfGrandchildren() };
    });
  return { name: `Gradeflow, ${engine}${engine === bench.engines[0] ? ' (auto)' : ''}`, run: read };
}

function ocrmypdf({ folder }: Bench, scan: string): Contestant[] {
  const read = async (options: string[], target: string, round: number) => {
    const sidecar = path.join(folder, `sidecar-${round}.txt`);
    await runProgram('ocrmypdf', ['--quiet', '--jobs', String(jobs), '--sidecar', sidecar, ...options, scan, target]);
    return { texts: (await readFile(sidecar, 'utf8')).split('\f') };
  };
  return [
    { name: baselines.usual, run: (round) => read([], path.join(folder, `searchable-${round}.pdf`), round) },
    { name: baselines.lean, run: (round) => read(['--output-type', 'none', '-O0'], '-', round) },
  ];
}

/** Every contestant once a round, in turn, so that a busy minute hits all of them. */
export async function race(contestants: readonly Contestant[], rounds: number): Promise<Measured[]> {
  const measured = contestants.map(({ name }): Measured => ({ name, seconds: [], cpuSeconds: [], texts: [] }));
  for (let round = 0; round < rounds; round += 1)
    for (const [index, { run }] of contestants.entries()) {
      const { value, seconds, cpuSeconds } = await timed(() => run(round));
      const row = measured[index];
      if (!row) continue;
      row.texts = value.texts;
      row.seconds.push(seconds);
      row.cpuSeconds.push(cpuSeconds + (value.lostCpuSeconds ?? 0));
    }
  return measured;
}

function describe(bench: Bench, pages: readonly PrintedPage[], all: readonly Measured[], one: Measured): string[] {
  const seconds = median(one.seconds);
  const against = (name: string) => {
    const other = all.find((candidate) => candidate.name === name);
    return other ? (median(other.seconds) / seconds).toFixed(2) : '–';
  };
  const cer = pages.map(({ truth }, index) => bench.set.score(truth, one.texts[index] ?? '').cer);
  return [
    one.name,
    (pages.length / seconds).toFixed(2),
    (median(one.cpuSeconds) / pages.length).toFixed(2),
    against(baselines.usual),
    against(baselines.lean),
    `${percent(mean(cer))} / ${percent(median(cer))}`,
  ];
}
