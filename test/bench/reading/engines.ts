import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { createOcrEngine, findLanguageData, type GreyImage, type OcrEngine } from '@gradeflow/reading';
import sharp from 'sharp';
import { mean, median, percent, table } from '../support/figures.ts';
import { findVersion, runProgram } from '../support/run-program.ts';
import { type Bench, jobs, type Section } from './bench.ts';
import type { PrintedPage } from './printed-pages.ts';
import { comparedPages, race } from './speed.ts';

/** Long side of the pixels that all sides get: about 145 dpi of A4. */
const longSide = 1_700;
const reference = 'tesseract on its own';

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
    const contestants = [
      ...bench.engines.map((engine) => ({ name: engine, run: async () => ({ texts: await readWithEngine(engine, copies) }) })),
      { name: reference, run: async (round: number) => ({ texts: await readWithTesseract(bench, copies, data.folder, round) }) },
    ];
    const measured = await race(contestants, bench.rounds);
    const base = measured.find(({ name }) => name === reference);
    return [
      `The same ${pages.length} pages as grey pixels (long side ${longSide} px), the same ${data.kind} data, page mode 3, no page left out, ${jobs} at once, start-up included; medians of ${bench.rounds} interleaved rounds. ${version}: two processes with half of the pages each, text and TSV.`,
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

interface Copy {
  file: string;
  image: GreyImage;
}

async function makeCopy({ folder }: Bench, page: PrintedPage): Promise<Copy> {
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
  return { file, image: { width, height, data } };
}

async function readWithEngine(name: 'tesseract.js' | 'native', copies: readonly Copy[]): Promise<string[]> {
  const texts: string[] = [];
  const work = async (engine: OcrEngine, own: number) => {
    for (const [index, { image }] of copies.entries()) {
      if (index % jobs !== own) continue;
      const { lines } = await engine.recognise(image);
      texts[index] = lines.map((line) => line.map((word) => word.text).join(' ')).join('\n');
    }
    await engine.close();
  };
  await Promise.all(Array.from({ length: jobs }, async (_, own) => work(await createOcrEngine(['eng'], { engine: name }), own)));
  return texts;
}

/** A list of pictures a process: its start-up counts once. */
async function readWithTesseract({ folder }: Bench, copies: readonly Copy[], tessdata: string, round: number): Promise<string[]> {
  const texts: string[] = [];
  const work = async (own: number) => {
    const mine = [...copies.entries()].filter(([index]) => index % jobs === own);
    const list = path.join(folder, `list-${own}.txt`);
    await writeFile(list, `${mine.map(([, { file }]) => file).join('\n')}\n`);
    const output = path.join(folder, `native-${round}-${own}`);
    const settings = ['--psm', '3', '--oem', '1', '-l', 'eng', '--tessdata-dir', tessdata, '-c', 'tessedit_do_invert=0'];
    await runProgram('tesseract', [list, output, ...settings, 'txt', 'tsv'], { env: { OMP_THREAD_LIMIT: '1' } });
    const found = (await readFile(`${output}.txt`, 'utf8')).split('\f');
    for (const [place, [index]] of mine.entries()) texts[index] = found[place] ?? '';
  };
  await Promise.all(Array.from({ length: jobs }, (_, own) => work(own)));
  return texts;
}
