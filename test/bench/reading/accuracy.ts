import { mean, median, percent, table } from '../support/figures.ts';
import { type Bench, type EngineName, pageRequest, type Section, withPool } from './bench.ts';
import { isPrinted, type PageItem, type Score } from './page-set.ts';

interface Row {
  item: PageItem;
  scores: Map<string, Score>;
}

/** Column of what reads a born-digital exam as the product does: from its text layer. */
const asUploaded = 'as uploaded';

export const accuracy: Section = {
  name: 'accuracy',
  title: 'Printed pages: errors of characters and words',
  run: async (bench) => {
    const columns = [...bench.engines];
    const byEngine = new Map<EngineName, Map<string, string>>();
    for (const engine of columns) byEngine.set(engine, await readPrinted(bench, engine));
    const rows = await scoreItems(bench, byEngine);
    return [
      'Character and word error rate (CER / WER) of each item; exams are rendered at 300 dpi and read by OCR, their text layer is scored beside it.',
      '',
      ...table(
        ['engine', 'CER mean / median over items', 'WER mean', 'CER mean / median over pages'],
        [
          ...(await Promise.all(
            columns.map(async (engine) => [engine, ...summarise(rows, engine), await summarisePages(bench, byEngine.get(engine))]),
          )),
          ['text layer where there is one, else the default engine', ...summarise(rows, asUploaded), '–'],
        ],
      ),
      '',
      ...table(
        ['item', ...columns, asUploaded],
        rows.map(({ item, scores }) => [item.id, ...[...columns, asUploaded].map((column) => showScore(scores.get(column)))]),
      ),
    ];
  },
};

/** Text of each printed page by its id. */
async function readPrinted(bench: Bench, engine: EngineName): Promise<Map<string, string>> {
  const pages = await bench.printed();
  return withPool(engine, async (pool) => {
    const texts = await Promise.all(
      pages.map(async ({ file, mediaType }) => (await pool.readPage(pageRequest(file, mediaType))).reading.text),
    );
    return new Map(pages.map(({ id }, i) => [id, texts[i] ?? '']));
  });
}

async function scoreItems(bench: Bench, byEngine: Map<EngineName, Map<string, string>>): Promise<Row[]> {
  const pages = await bench.printed();
  const wanted = new Set(pages.map(({ item }) => item.id));
  const rows: Row[] = [];
  for (const item of bench.set.items.filter((candidate) => isPrinted(candidate) && wanted.has(candidate.id))) {
    const own = pages.filter((page) => page.item === item);
    // Of a quick run's exam only some pages were read.
    const truth = own.length === item.pages || !bench.quick ? await bench.set.truthOf(item) : own.map((page) => page.truth).join('\n');
    const scores = new Map<string, Score>();
    for (const [engine, texts] of byEngine) scores.set(engine, bench.set.score(truth, own.map(({ id }) => texts.get(id)).join('\n')));
    const usual = scores.get(bench.engines[0]);
    if (item.file.endsWith('.pdf')) scores.set(asUploaded, bench.set.score(await bench.set.truthOf(item), await readLayer(bench, item)));
    else if (usual) scores.set(asUploaded, usual);
    rows.push({ item, scores });
  }
  return rows;
}

async function readLayer({ engines, set }: Bench, item: PageItem): Promise<string> {
  const numbers = Array.from({ length: item.pages }, (_, index) => index + 1);
  return withPool(engines[0], async (pool) => {
    const read = (number: number) => pool.readPage(pageRequest(set.fileOf(item), 'application/pdf', number));
    return (await Promise.all(numbers.map(read))).map(({ reading }) => reading.text).join('\n');
  });
}

function summarise(rows: readonly Row[], column: string): [string, string] {
  const scores = rows.flatMap((row) => row.scores.get(column) ?? []);
  const cer = scores.map((score) => score.cer);
  return [`${percent(mean(cer))} / ${percent(median(cer))}`, percent(mean(scores.map((score) => score.wer)))];
}

async function summarisePages(bench: Bench, texts: Map<string, string> | undefined): Promise<string> {
  const cer = (await bench.printed()).map(({ id, truth }) => bench.set.score(truth, texts?.get(id) ?? '').cer);
  return `${percent(mean(cer))} / ${percent(median(cer))} (${cer.length} pages)`;
}

function showScore(score: Score | undefined): string {
  return score ? `${percent(score.cer)} / ${percent(score.wer)}` : '–';
}
