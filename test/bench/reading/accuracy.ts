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
      'In one exam the layer, which is the transcript, holds the rules to write on as rows of underscores, where the picture has lines: the last two columns leave out rows of three and more, in transcripts and readings.',
      '',
      ...table(
        [
          ...['read by', 'CER mean / median over items', 'WER mean', 'CER mean / median over pages', 'CER of all characters'],
          ...['without rows of underscores: over pages', 'of all characters'],
        ],
        await Promise.all(
          [...columns].map(async ([name, texts]) => {
            const [whole, withoutRules] = [await scorePages(bench, texts), await scorePages(bench, texts, leaveOutRules)];
            return [name, ...summarise(rows, name), overPages(whole), overAll(whole), overPages(withoutRules), overAll(withoutRules)];
          }),
        ),
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

function summarise(rows: readonly Row[], column: string): [string, string] {
  const scores = rows.flatMap((row) => row.scores.get(column) ?? []);
  const cer = scores.map((score) => score.cer);
  return [`${percent(mean(cer))} / ${percent(median(cer))}`, percent(mean(scores.map((score) => score.wer)))];
}

async function scorePages(bench: Bench, texts: Texts, change = (text: string) => text): Promise<Score[]> {
  return (await bench.printed()).map(({ id, truth }) => bench.set.score(change(truth), change(texts.get(id) ?? '')));
}

function leaveOutRules(text: string): string {
  return text.replace(/_{3,}/g, ' ');
}

function overPages(scores: readonly Score[]): string {
  const cer = scores.map((score) => score.cer);
  return `${percent(mean(cer))} / ${percent(median(cer))} (${cer.length} pages)`;
}

function overAll(scores: readonly Score[]): string {
  return percent(scores.reduce((sum, { cEdits }) => sum + cEdits, 0) / scores.reduce((sum, { chars }) => sum + chars, 0));
}

function showScore(score: Score | undefined): string {
  return score ? `${percent(score.cer)} / ${percent(score.wer)}` : '–';
}
