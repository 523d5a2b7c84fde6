import { copyFile } from 'node:fs/promises';
import path from 'node:path';
import type { ReadingPool } from '@gradeflow/reading';
import { median, table } from '../support/figures.ts';
import { jobs, pageRequest, type Section, withPool } from './bench.ts';
import { writeScan } from './printed-pages.ts';

const pageCount = 12;
const boundMs = 1_500;

export const firstPage: Section = {
  name: 'first-page',
  title: 'Time to the text of the first page',
  run: async (bench) => {
    const pages = (await bench.printed()).slice(0, pageCount);
    const [warmUp, scan] = [path.join(bench.folder, 'warm-up.pdf'), path.join(bench.folder, 'twelve.pdf')];
    await writeScan(warmUp, pages.slice(0, jobs));
    await writeScan(scan, pages);
    const rounds = bench.rounds + 2;
    const rows: string[][] = [];
    for (const engine of bench.engines) {
      const times = await withPool(engine, async (pool) => {
        await readAll(pool, warmUp, jobs);
        const measured: Array<{ firstMs: number; lastMs: number }> = [];
        for (let round = 0; round < rounds; round += 1) {
          // A file of its own each time: no process has it open.
          const fresh = path.join(bench.folder, `twelve-${engine}-${round}.pdf`);
          await copyFile(scan, fresh);
          measured.push(await readAll(pool, fresh, pages.length));
        }
        return measured;
      });
      const first = times.map(({ firstMs }) => firstMs);
      rows.push([engine, median(first).toFixed(0), Math.max(...first).toFixed(0), median(times.map(({ lastMs }) => lastMs)).toFixed(0)]);
    }
    return [
      `The first ${pages.length} printed pages of the set as one scan (grey JPEG, 300 dpi), all pages asked for at once from a pool of ${jobs} warm processes; ${rounds} rounds, ms. Wanted: the first page's text within ${boundMs} ms.`,
      '',
      ...table(['engine', 'page 1, median', 'page 1, slowest', 'all pages, median'], rows),
    ];
  },
};

async function readAll(pool: ReadingPool, file: string, count: number): Promise<{ firstMs: number; lastMs: number }> {
  const start = performance.now();
  let firstMs = 0;
  const read = async (number: number) => {
    await pool.readPage(pageRequest(file, 'application/pdf', number));
    if (number === 1) firstMs = performance.now() - start;
  };
  await Promise.all(Array.from({ length: count }, (_, index) => read(index + 1)));
  return { firstMs, lastMs: performance.now() - start };
}
