import { AppError, RefusedFileError } from '@gradeflow/errors';
import type { DocumentInfo, ReadingPool } from '@gradeflow/reading';
import { table } from '../support/figures.ts';
import { watchMemory } from '../support/watch-memory.ts';
import { type Bench, pageRequest, type Section, withPool } from './bench.ts';
import type { PageItem } from './page-set.ts';

const kinds = ['bomb', 'broken', 'hostile', 'text-layer-bad'];
const timeoutMs = 15_000;

interface Outcome {
  /** A refusal by name, a page that is unreadable by name, or what was read. */
  text: string;
  /** False for an error that names nothing. */
  named: boolean;
  seconds: number;
}

export const hostile: Section = {
  name: 'hostile',
  title: 'Hostile and broken files',
  run: async (bench) => {
    const items = bench.set.items.filter(({ kind }) => kinds.includes(kind));
    const watch = watchMemory(process.pid);
    const { outcomes, alive } = await withPool(bench.engines[0], (pool) => readAll(bench, pool, items), { timeoutMs });
    watch.stop();
    const unnamed = outcomes.filter(({ named }) => !named).length;
    return [
      `${items.length} files, ${timeoutMs / 1_000} s a task; ${unnamed} of them ended without a name. A good page after each of them was read: ${alive} of ${items.length}. Largest reading process: ${watch.peaks().childMb.toFixed(0)} MB.`,
      '',
      ...table(
        ['file', 'wanted', 'outcome', 's'],
        items.map((item, i) => [
          item.id,
          item.expect ?? item.note ?? '–',
          outcomes[i]?.text ?? '–',
          outcomes[i]?.seconds.toFixed(1) ?? '–',
        ]),
      ),
    ];
  },
};

async function readAll(bench: Bench, pool: ReadingPool, items: readonly PageItem[]): Promise<{ outcomes: Outcome[]; alive: number }> {
  const good = bench.set.items.find(({ id }) => id === 'phototest');
  const outcomes: Outcome[] = [];
  let alive = 0;
  for (const item of items) {
    const start = performance.now();
    const outcome = await readFileOf(pool, bench.set.fileOf(item));
    outcomes.push({ ...outcome, seconds: (performance.now() - start) / 1_000 });
    if (!good) continue;
    const { reading } = await pool.readPage(pageRequest(bench.set.fileOf(good), 'image/tiff'));
    if (reading.text.startsWith('This is a lot')) alive += 1;
  }
  return { outcomes, alive };
}

async function readFileOf(pool: ReadingPool, file: string): Promise<Omit<Outcome, 'seconds'>> {
  try {
    const { mediaType, pages } = await pool.inspect(file);
    const numbers = Array.from({ length: pages }, (_, index) => index + 1);
    const read = await Promise.all(numbers.map((number) => readOne(pool, file, mediaType, number)));
    return { text: read.map(({ text }) => text).join('; '), named: read.every(({ named }) => named) };
  } catch (error) {
    if (error instanceof RefusedFileError) return { text: `refused: ${error.code}`, named: true };
    return { text: `inspect: ${String(error)}`, named: false };
  }
}

/** A crash or a page without end is told by name as well; the worker tries it again and puts the page down as unreadable. */
async function readOne(
  pool: ReadingPool,
  file: string,
  mediaType: DocumentInfo['mediaType'],
  number: number,
): Promise<Omit<Outcome, 'seconds'>> {
  try {
    const { reading } = await pool.readPage(pageRequest(file, mediaType, number));
    return { text: `page ${number}: ${reading.engine}, ${reading.text.length} characters`, named: true };
  } catch (error) {
    if (error instanceof AppError) return { text: `page ${number}: ${error.code}`, named: error.code !== 'READING_FAILED' };
    return { text: `page ${number}: ${String(error)}`, named: false };
  }
}
