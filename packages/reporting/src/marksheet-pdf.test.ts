import { PDFiumLibrary } from '@hyzyla/pdfium';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { buildMarksheetPdf, type Marksheet, type MarksheetRow } from './index.ts';

let pdfium: PDFiumLibrary;
beforeAll(async () => {
  pdfium = await PDFiumLibrary.init();
});

/** Text and width of each page, as a reader of PDFs sees them. */
async function readPages(pdf: Uint8Array): Promise<Array<{ text: string; width: number }>> {
  const document = await pdfium.loadDocument(Buffer.from(pdf));
  const pages = [...document.pages()].map((page) => ({ text: page.getText(), width: page.getOriginalSize().originalWidth }));
  document.destroy();
  return pages;
}

const row = (over: Partial<MarksheetRow> = {}): MarksheetRow => ({
  name: 'Ada',
  status: 'GRADED',
  score: 12.5,
  maxScore: 20,
  questions: [{ number: '1(a)', score: 7.25 }],
  ...over,
});
const sheet = (rows: MarksheetRow[]): Marksheet => ({
  assessment: { title: 'Physics' },
  rows,
  generatedAt: new Date('2026-01-02T03:04:05Z'),
});
const build = async (rows: MarksheetRow[]) => readPages(await buildMarksheetPdf(sheet(rows)));

describe('a marksheet', () => {
  it('shows score, maximum, percent, status and the score of each question', async () => {
    const [page] = await build([row(), row({ name: 'Bob', status: 'FAILED', score: null, maxScore: null, questions: [] })]);
    expect(page?.text).toMatch(/1\(a\)\s+Score\s+of\s+%\s+Status/);
    expect(page?.text).toMatch(/Ada\s+7\.25\s+12\.5\s+20\s+63\s+graded/);
    expect(page?.text).toMatch(/Bob\s+–\s+–\s+–\s+–\s+failed/);
    expect(page?.text).toContain('1 of 2 sheets have a score · mean 12.5');
  });

  it('repeats title and heads on every page, counts the pages, and loses no row', async () => {
    const pages = await build(Array.from({ length: 130 }, (_, index) => row({ name: `sheet-${index + 1}.` })));
    expect(pages.length).toBeGreaterThan(2);
    for (const [index, page] of pages.entries()) {
      expect(page.text).toMatch(/Physics.*Score/s);
      expect(page.text).toContain(`${index + 1} / ${pages.length}`);
    }
    const text = pages.map((page) => page.text).join('\n');
    for (let number = 1; number <= 130; number += 1) expect(text).toContain(`sheet-${number}.`);
  });

  it('draws Latin, Greek and Cyrillic names, and a box for what the font lacks', async () => {
    const [page] = await build(['Łukasz Żółć', 'Σωκράτης', 'Менделеев', '李\u0000👩‍🔬\nx', '\ud800'].map((name) => row({ name })));
    for (const name of ['Łukasz Żółć', 'Σωκράτης', 'Менделеев', '□ □ x']) expect(page?.text).toContain(name);
  });

  it('cuts a long name with an ellipsis before the next column', async () => {
    const [page] = await build([row({ name: 'W'.repeat(500) })]);
    expect(page?.text).toMatch(/\bW{10,60}…\s+7\.25/);
  });

  it('turns the page for many questions and leaves their columns out, saying so, when there are too many', async () => {
    const questions = (count: number) => Array.from({ length: count }, (_, index) => ({ number: `Q${index + 1}`, score: 1 }));
    const [few, many, tooMany] = await Promise.all([4, 12, 60].map((count) => build([row({ questions: questions(count) })])));
    expect(few?.[0]?.width).toBeCloseTo(595.28, 0);
    expect(many?.[0]?.width).toBeCloseTo(841.89, 0);
    expect(many?.[0]?.text).toContain('Q12');
    expect(tooMany?.[0]?.text).not.toContain('Q1');
    expect(tooMany?.[0]?.text).toContain('too many questions');
  });

  it('is the same for the same input, and a page also without rows', async () => {
    const [first, second] = [await buildMarksheetPdf(sheet([row()])), await buildMarksheetPdf(sheet([row()]))];
    expect(Buffer.compare(first, second)).toBe(0);
    expect(await build([])).toHaveLength(1);
  });
});
