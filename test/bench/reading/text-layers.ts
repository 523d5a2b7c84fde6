import { RefusedFileError } from '@gradeflow/errors';
import { percent, table } from '../support/figures.ts';
import { type Bench, pageRequest, type Section, withPool } from './bench.ts';
import type { PageItem } from './page-set.ts';

interface Verdict {
  item: PageItem;
  /** What read each page. */
  engines: string[];
}

/** What the layer of a kind is worth; other kinds are listed without a verdict. */
const expected: Record<string, 'layer' | 'ocr'> = {
  'exam-digital': 'layer',
  'exam-scan': 'ocr',
  'handwritten-answers': 'ocr',
  rotated: 'ocr',
  encoding: 'ocr',
  'print-book-scan': 'ocr',
  'hidden-ocr-layer': 'ocr',
  'text-layer-bad': 'ocr',
};

export const textLayers: Section = {
  name: 'text-layers',
  title: 'Text layers: taken or read by OCR',
  run: async (bench) => {
    const verdicts = await judgeAll(bench);
    const digital = pagesOf(verdicts, 'layer');
    const scanned = pagesOf(verdicts, 'ocr');
    const taken = digital.filter((engine) => !isOcr(engine)).length;
    const trusted = scanned.filter((engine) => !isOcr(engine) && engine !== 'blank').length;
    return [
      `Of ${digital.length} born-digital pages ${taken} were taken without OCR of the page (${percent(taken / Math.max(1, digital.length), 0)}). Of ${scanned.length} pages without a layer, or with one that must not be trusted, ${trusted} were taken from it.`,
      '',
      ...table(['file', 'kind', 'pages', 'wanted', 'read by'], verdicts.map(describe)),
    ];
  },
};

function judgeAll(bench: Bench): Promise<Verdict[]> {
  const all = bench.set.items.filter(({ file, kind }) => file.endsWith('.pdf') && kind in expected);
  const items = bench.quick ? all.filter(({ pages }) => pages === 1) : all;
  return withPool(bench.engines[0], async (pool) => {
    const judge = async (item: PageItem): Promise<Verdict> => {
      const file = bench.set.fileOf(item);
      try {
        const { pages } = await pool.inspect(file);
        const numbers = Array.from({ length: pages }, (_, index) => index + 1);
        const results = await Promise.all(numbers.map((number) => pool.readPage(pageRequest(file, 'application/pdf', number))));
        return { item, engines: results.map(({ reading }) => reading.engine) };
      } catch (error) {
        if (error instanceof RefusedFileError) return { item, engines: [`refused ${error.code}`] };
        throw error;
      }
    };
    const verdicts: Verdict[] = [];
    for (const item of items) verdicts.push(await judge(item));
    return verdicts;
  });
}

/** Neither the layer, nor blank, nor the layer with its pictures read besides. */
function isOcr(engine: string): boolean {
  return !engine.startsWith('text-layer') && engine !== 'blank';
}

function pagesOf(verdicts: readonly Verdict[], wanted: 'layer' | 'ocr'): string[] {
  return verdicts.filter(({ item }) => expected[item.kind] === wanted).flatMap(({ engines }) => engines);
}

function describe({ item, engines }: Verdict): Array<string | number> {
  const counts = new Map<string, number>();
  for (const engine of engines) counts.set(engine, (counts.get(engine) ?? 0) + 1);
  return [
    item.id,
    item.kind,
    engines.length,
    expected[item.kind] ?? '–',
    [...counts].map(([engine, count]) => `${count} × ${engine}`).join(', '),
  ];
}
