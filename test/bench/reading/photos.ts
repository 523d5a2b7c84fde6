import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { mean, median, percent, table } from '../support/figures.ts';
import { runProgram } from '../support/run-program.ts';
import { type Bench, pageRequest, type Section, withPool } from './bench.ts';

interface Photo {
  condition: string;
  cer: number;
  flagged: boolean;
  /** The page itself, not photographed, has more errors than a good photo may. */
  badWhenFlat: boolean;
}

/** More than this is too much for a photo to pass without a flag. */
const goodCer = 0.05;
/** Where `sharp` can be resolved by the camera. */
const testFolder = fileURLToPath(new URL('../..', import.meta.url));

export const photos: Section = {
  name: 'photos',
  title: 'Photos',
  run: async (bench) => {
    const taken = await readPhotos(bench, await takePhotos(bench));
    const conditions = [...new Set(taken.map(({ condition }) => condition))];
    return [
      `The set's synthetic camera over the printed books and archive pages, read by ${bench.engines[0]}. Wanted: a CER of at most ${percent(goodCer, 0)}, else a flag (any doubt of the page).`,
      'Bad when flat: the page itself has as many errors against its transcript, mostly print that the transcript leaves out, which no photo can make good.',
      '',
      ...table(
        [
          'condition',
          'photos',
          'CER mean / median',
          `CER ≤ ${percent(goodCer, 0)}`,
          'of the others flagged',
          'of the others bad when flat',
          'flagged or bad when flat',
          'of the good ones flagged',
        ],
        [
          ...conditions.map((condition) =>
            describe(
              condition,
              taken.filter((photo) => photo.condition === condition),
            ),
          ),
          describe('all', taken),
        ],
      ),
    ];
  },
};

async function takePhotos(bench: Bench): Promise<string> {
  const folder = path.join(bench.folder, 'photos');
  const only = bench.quick ? ['--only', 'real10'] : [];
  await runProgram(process.execPath, [path.join(bench.set.folder, 'camera.mjs'), folder, ...only], { cwd: testFolder });
  return folder;
}

async function readPhotos(bench: Bench, folder: string): Promise<Photo[]> {
  const files = (await readdir(folder)).filter((name) => name.endsWith('.jpg')).sort();
  const badWhenFlat = await findBadWhenFlat(bench);
  return withPool(bench.engines[0], (pool) =>
    Promise.all(
      files.slice(0, bench.quick ? 3 : files.length).map(async (name): Promise<Photo> => {
        const { reading } = await pool.readPage(pageRequest(path.join(folder, name), 'image/jpeg'));
        const { cer } = bench.set.score(await readFile(path.join(folder, name.replace(/jpg$/, 'txt')), 'utf8'), reading.text);
        const [, id = '', condition = ''] = /^(.+)--(.+)\.jpg$/.exec(name) ?? [];
        return { condition, cer, flagged: reading.doubts.length > 0, badWhenFlat: badWhenFlat.has(id) };
      }),
    ),
  );
}

/** Ids of the pages that are read with more errors than a good photo may have. */
async function findBadWhenFlat({ engines, printed, set }: Bench): Promise<Set<string>> {
  const pages = (await printed()).filter(({ item }) => !item.file.endsWith('.pdf'));
  return withPool(engines[0], async (pool) => {
    const cer = await Promise.all(
      pages.map(
        async ({ file, mediaType, truth }) => set.score(truth, (await pool.readPage(pageRequest(file, mediaType))).reading.text).cer,
      ),
    );
    return new Set(pages.filter((_, index) => (cer[index] ?? 0) > goodCer).map(({ id }) => id));
  });
}

function describe(condition: string, shots: readonly Photo[]): Array<string | number> {
  const cer = shots.map((shot) => shot.cer);
  const good = shots.filter((shot) => shot.cer <= goodCer);
  const bad = shots.filter((shot) => shot.cer > goodCer);
  const flagged = (some: readonly Photo[]) => `${some.filter((shot) => shot.flagged).length} of ${some.length}`;
  const flat = bad.filter((shot) => shot.badWhenFlat).length;
  const accounted = bad.filter((shot) => shot.badWhenFlat || shot.flagged).length;
  const outOf = (count: number) => `${count} of ${bad.length}`;
  return [
    ...[condition, shots.length, `${percent(mean(cer))} / ${percent(median(cer))}`, good.length],
    ...[flagged(bad), outOf(flat), outOf(accounted), flagged(good)],
  ];
}
