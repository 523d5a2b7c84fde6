import type { PageReading } from '@gradeflow/contracts';
import type { MarkProduct } from './marks.ts';
import { eachOf, readInstruction } from './notices.ts';
import { hasNumber } from './paper-labels.ts';
import { linesOfPage, type PaperLine } from './paper-lines.ts';
import { textOf } from './paper-rows.ts';
import type { PaperSection } from './types.ts';

/** A section while it is read; `each` lists what one of its questions may carry. */
export interface ReadSection extends PaperSection {
  each: number[];
  product: MarkProduct | null;
}

/** Rows of all pages in order, sections, and the total that the paper states. */
export function readLines(pages: readonly PageReading[]): { lines: PaperLine[]; sections: ReadSection[]; stated: number | null } {
  const lines = pages.flatMap((page) => linesOfPage(page));
  const { sections, stated } = readSections(lines);
  const choosing = sections.filter(({ choose }) => choose !== null);
  const [only] = choosing;
  // "Full marks 15, answer any three": five each, where nothing else is on the paper.
  if (
    only &&
    choosing.length === 1 &&
    sections.every((section) => section === only || (section.label === '' && section.instruction === null))
  ) {
    if (only.each.length === 0 && stated !== null && only.choose !== null && (stated * 2) % only.choose === 0)
      only.each = [stated / only.choose];
  }
  setHeadersAside(lines);
  return { lines, sections, stated };
}

/** Gives each line its section. A section begins with its heading, or with an instruction after questions; what it says counts until the next one. */
function readSections(lines: PaperLine[]): { sections: ReadSection[]; stated: number | null } {
  const sections: ReadSection[] = [emptySection('')];
  dropPartsOfQuestions(lines);
  let stated: number | null = null;
  let fresh = true;
  for (const line of lines) {
    const { notice } = line;
    let current = sections.at(-1) as ReadSection;
    if (notice?.kind === 'total' && stated === null) stated = notice.marks;
    if (notice?.kind === 'section') {
      const within = readInstruction(textOf(line.row.words));
      current = emptySection(notice.label);
      sections.push(current);
      fresh = true;
      if (within) describe(current, textOf(line.words), within, line.product);
    } else if (notice?.kind === 'instruction' && !fresh && current.label !== '') {
      // On a paper with headings, "any three of the following" amid questions is one of them.
      line.notice = null;
    } else if (notice?.kind === 'instruction') {
      if (!fresh) {
        current = emptySection('');
        sections.push(current);
        fresh = true;
      }
      describe(current, textOf(line.words), notice, line.product);
    } else if (notice === null && hasNumber(line.tokens)) fresh = false;
    if (line.product && fresh && (notice !== null || line.words.length === 0)) take(current, line.product);
    line.section = sections.length - 1;
  }
  return { sections, stated };
}

/** What stands above the first instruction or heading of a paper, the total, and titles below a heading begin no question. */
function setHeadersAside(lines: PaperLine[]): void {
  const first = lines.findIndex(({ notice, tokens }) => notice === null && hasNumber(tokens));
  const named = lines.findIndex(({ notice }) => notice?.kind === 'section' || notice?.kind === 'instruction');
  const totals = lines.findLastIndex(({ notice }, i) => notice?.kind === 'total' && (first < 0 || i < first));
  const until = named >= 0 && (first < 0 || named < first) ? named : totals;
  lines.forEach((line, i) => {
    if (line.notice !== null) return;
    const before = lines[i - 1]?.notice?.kind;
    const title = before === 'section' || (before === 'furniture' && isTitle(lines[i - 1])) ? isTitle(line) : false;
    line.afterNotice = before !== undefined && i > until && lines[i - 1]?.section === line.section;
    if (i < until || title || isQuestionKind(textOf(line.words))) line.notice = { kind: 'furniture' };
  });
}

/** "[LONG ANSWER TYPE QUESTIONS]". */
const isQuestionKind = (text: string): boolean => /^\W*\p{L}+(?:\s+\p{L}+){0,3}\s+type\W*(?:questions?)?\W*$/iu.test(text);

/** Capitals alone, below a heading. */
function isTitle(line: PaperLine | undefined): boolean {
  if (!line || hasNumber(line.tokens)) return false;
  const text = textOf(line.words);
  const capitals = text.match(/\p{Lu}/gu)?.length ?? 0;
  return capitals >= 4 && capitals > 0.8 * (text.match(/\p{L}/gu)?.length ?? 0);
}

/** "Part A", "Part B" below each of several questions are no sections of the paper: those have each name once. */
function dropPartsOfQuestions(lines: PaperLine[]): void {
  const parts = lines.filter((line) => line.notice?.kind === 'section' && /\bpart\b/iu.test(textOf(line.words)));
  const labels = parts.map(({ notice }) => (notice?.kind === 'section' ? notice.label : ''));
  if (new Set(labels).size < labels.length) for (const part of parts) part.notice = null;
}

const emptySection = (label: string): ReadSection => ({
  label,
  instruction: null,
  choose: null,
  marksEach: null,
  stated: null,
  each: [],
  product: null,
});

function describe(
  section: ReadSection,
  text: string,
  said: { choose: number | null; each: number | null },
  product: MarkProduct | null,
): void {
  section.instruction ??= text;
  section.choose ??= said.choose;
  if (said.each !== null) section.each = [said.each];
  const known = product ?? section.product;
  if (known) take(section, known);
}

function take(section: ReadSection, product: MarkProduct): void {
  section.product = product;
  section.stated = product.total;
  section.each = eachOf(product, section.choose);
}
