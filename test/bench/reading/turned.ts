import path from 'node:path';
import sharp from 'sharp';
import { mean, median, percent, table } from '../support/figures.ts';
import { type Bench, pageRequest, type Section, withPool } from './bench.ts';
import type { PrintedPage } from './printed-pages.ts';

/** Degrees clockwise: as it is, quarter turns, and as a feeder pulls paper in. */
const turns = [0, 90, 180, 270, -3, -2, -1, 1, 2, 3];
const wantedPoints = 0.5;

export const turned: Section = {
  name: 'turned',
  title: 'Turned and skewed pages',
  run: async (bench) => {
    // Pictures of real paper; rendered exams are as straight as they are clean.
    const pages = (await bench.printed()).filter(({ item }) => !item.file.endsWith('.pdf'));
    const rates = await readTurned(bench, pages);
    const upright = rates.get(0) ?? [];
    return [
      `${pages.length} printed pages, turned by so many degrees clockwise on white and read by ${bench.engines[0]}. Wanted: at most ${wantedPoints} points above upright.`,
      '',
      ...table(
        ['turn', 'CER mean / median', 'mean − upright in points', 'worst page against itself upright, points'],
        turns.map((turn) => {
          const cer = rates.get(turn) ?? [];
          const worst = Math.max(...cer.map((value, i) => value - (upright[i] ?? 0)));
          return [`${turn}°`, `${percent(mean(cer))} / ${percent(median(cer))}`, points(mean(cer) - mean(upright)), points(worst)];
        }),
      ),
    ];
  },
};

/** CER of each page for each turn. */
async function readTurned(bench: Bench, pages: readonly PrintedPage[]): Promise<Map<number, number[]>> {
  const rates = new Map<number, number[]>();
  await withPool(bench.engines[0], async (pool) => {
    for (const turn of turns) {
      const cer = pages.map(async (page) => {
        const file = path.join(bench.folder, `${page.id}-turned.${turn}.png`);
        await sharp(page.file)
          .flatten({ background: '#fff' })
          .rotate(turn, { background: '#fff' })
          .png({ compressionLevel: 1 })
          .toFile(file);
        const { reading } = await pool.readPage(pageRequest(file, 'image/png'));
        return bench.set.score(page.truth, reading.text).cer;
      });
      rates.set(turn, await Promise.all(cer));
    }
  });
  return rates;
}

function points(share: number): string {
  return `${share >= 0 ? '+' : ''}${(100 * share).toFixed(2)}`;
}
