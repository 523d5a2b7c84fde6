import { mean, median, percent, table } from '../support/figures.ts';
import { type Bench, type EngineName, pageRequest, type Section, withPool } from './bench.ts';
import { isPrinted, type PageItem, type Score } from './page-set.ts';

interface Row {
  item: PageItem;
  scores: Map<string, Score>;
}

/** Texts by page. */
type Texts = Map<string, string>;

/** Column of what reads a born-digital exam as the product does: from its text layer. */
const asUploaded = 'as uploaded';

export const accuracy: Section = {
  name: 'accuracy',
  title: 'Printed pages: errors of characters and words',
  run: async (bench) => {
    const columns = new Map<string, Texts>();
    for (const engine of bench.engines) columns.set(engine, await readPrinted(bench, engine));
    columns.set(asUploaded, await readAsUploaded(bench, columns.get(bench.engines[0])));
    const rows = await scoreItems(bench, columns);
    return [
      'Character and word error rate (CER / WER) of each item; exams are rendered at 300 dpi and read by OCR. As uploaded: the text layer where there is one, else the default engine.',
      "Wanted, as the set's own evaluator sums items: at most 2.4 % of all characters and 1.5 % in the median.",
      '',
      ...table(
        ['read by', 'CER of all characters / median over items', 'mean over items', 'mean / median over pages', 'WER, mean over items'],
        await Promise.all([...columns].map(async ([name, texts]) => [name, ...summarise(rows, name, await scorePages(bench, texts))])),
      ),
      '',
      ...table(
        ['item', ...columns.keys()],
        rows.map(({ item, scores }) => [item.id, ...[...columns.keys()].map((column) => showScore(scores.get(column)))]),
      ),
    ];
  },
};

/** Text of each printed page by its id. */
async function readPrinted(bench: Bench, engine: EngineName): Promise<Texts> {
  const pages = await bench.printed();
  return withPool(engine, async (pool) => {
    const texts = await Promise.all(
      pages.map(async ({ file, mediaType }) => (await pool.readPage(pageRequest(file, mediaType))).reading.text),
    );
    return new Map(pages.map(({ id }, i) => [id, texts[i] ?? '']));
  });
}

/** The same with exams as the PDFs that they are. */
async function readAsUploaded(bench: Bench, byOcr: Texts = new Map()): Promise<Texts> {
  const exams = new Set((await bench.printed()).map(({ item }) => item).filter(({ file }) => file.endsWith('.pdf')));
  return withPool(bench.engines[0], async (pool) => {
    const layers = [...exams].flatMap((item) =>
      pageIds(item).map(async (id, index): Promise<[string, string]> => {
        const request = pageRequest(bench.set.fileOf(item), 'application/pdf', index + 1);
        return [id, (await pool.readPage(request)).reading.text];
      }),
    );
    return new Map([...byOcr, ...(await Promise.all(layers))]);
  });
}

const pageIds = ({ id, pages }: PageItem): string[] => Array.from({ length: pages }, (_, index) => `${id}-${index + 1}`);

async function scoreItems(bench: Bench, columns: Map<string, Texts>): Promise<Row[]> {
  const pages = await bench.printed();
  const items = bench.set.items.filter((item) => isPrinted(item) && pages.some((page) => page.item === item));
  return Promise.all(
    items.map(async (item): Promise<Row> => {
      const own = pages.filter((page) => page.item === item);
      const whole = await bench.set.truthOf(item);
      const scores = [...columns].map(([name, texts]): [string, Score] => {
        const all = name === asUploaded && item.file.endsWith('.pdf');
        const ids = all ? pageIds(item) : own.map(({ id }) => id);
        // Of a quick run's exam only some pages were read.
        const truth = all || !bench.quick || own.length === item.pages ? whole : own.map((page) => page.truth).join('\n');
        return [name, bench.set.score(truth, ids.map((id) => texts.get(id) ?? '').join('\n'))];
      });
      return { item, scores: new Map(scores) };
    }),
  );
}

function summarise(rows: readonly Row[], column: string, pages: readonly Score[]): string[] {
  const items = rows.flatMap((row) => row.scores.get(column) ?? []);
  const cerOf = (scores: readonly Score[]) => scores.map(({ cer }) => cer);
  const ofAll = items.reduce((sum, { cEdits }) => sum + cEdits, 0) / items.reduce((sum, { chars }) => sum + chars, 0);
  return [
    `${percent(ofAll)} / ${percent(median(cerOf(items)))}`,
    percent(mean(cerOf(items))),
    `${percent(mean(cerOf(pages)))} / ${percent(median(cerOf(pages)))} (${pages.length} pages)`,
    percent(mean(items.map(({ wer }) => wer))),
  ];
}

async function scorePages(bench: Bench, texts: Texts): Promise<Score[]> {
  return (await bench.printed()).map(({ id, truth }) => bench.set.score(truth, texts.get(id) ?? ''));
}

function showScore(score: Score | undefined): string {
  return score ? `${percent(score.cer)} / ${percent(score.wer)}` : '–';
}
