import type { PageReading } from '@gradeflow/contracts';
import { findInlineMark, findProduct, guessMarks, type MarkProduct, type MarkReading } from './marks.ts';
import { findMarksColumn, marksTail } from './marks-column.ts';
import { type Notice, readNotice } from './notices.ts';
import { hasNumber, type StartToken, startTokens } from './paper-labels.ts';
import { isReadable, layOutRows, type PaperRow, type PaperWord, textOf } from './paper-rows.ts';

/** A row with what can be said of it alone. */
export interface PaperLine {
  row: PaperRow;
  /** Words of the question or of its number: the marks column is taken off. */
  words: PaperWord[];
  tokens: StartToken[];
  notice: Notice | null;
  /** What the marks column or a bracket at the end may say; empty without. */
  marks: MarkReading[];
  /** "(2.5x4)" inside a question. */
  product: MarkProduct | null;
  /** Index into the sections. */
  section: number;
  /** Words of a text layer: what is not there as a number was never one. */
  typed: boolean;
  /** Follows a heading or an instruction, where a question begins as a rule. */
  afterNotice: boolean;
}

/** The rows of a page from top to bottom, each by itself; sections are not known yet. */
export function linesOfPage(page: PageReading): PaperLine[] {
  const rows = layOutRows(page).flatMap(splitSideBySide);
  const column = findMarksColumn(rows, page.width);
  return rows.map((row) => {
    const tail = isTableRow(row) ? [] : marksTail(row, column, page.width);
    const typed = row.words.every(({ confidence }) => confidence === 1);
    const words = row.words.slice(0, row.words.length - tail.length);
    const text = textOf(words);
    const tokens = startTokens({ ...row, words });
    const numbered = hasNumber(tokens);
    const edge = row.middle < page.height * 0.08 || row.middle > page.height * 0.92;
    const alone = edge && /^\W*\d{1,3}\W*$/.test(textOf(row.words));
    const notice: Notice | null = alone ? { kind: 'furniture' } : numbered ? null : readNotice(withoutProduct(textOf(row.words)));
    const inline = tail.length === 0 ? findInlineMark(text) : null;
    const tailText = textOf(tail);
    const product = findProduct(tailText) ?? inline?.product ?? (notice ? findProduct(textOf(row.words)) : null);
    // Strokes and drawings end in what looks like a digit.
    const strayed = words.length > 0 && !isReadable(words);
    const marks =
      product || strayed
        ? []
        : inline
          ? [{ value: inline.value, cost: -0.5 }]
          : guessMarks(tailText.replace(/\s*\+\s*/g, '+').replace(/\s+/g, ''));
    return {
      row,
      words,
      tokens,
      notice,
      marks,
      product: product && { factors: product.factors, total: product.total },
      section: 0,
      typed,
      afterNotice: false,
    };
  });
}

/** "Answer any five 12x5=60" says the same without its marks. */
function withoutProduct(text: string): string {
  const found = findProduct(text);
  return found ? `${text.slice(0, found.index)} ${text.slice(found.index + found.length)}`.trim() : text;
}

/** Figures side by side: an array or a table, whose last figure is no mark. */
function isTableRow({ words }: PaperRow): boolean {
  const figures = words.filter(({ text }) => /^[\d.,;-]+$/.test(text)).length;
  return words.length >= 4 && figures > words.length / 2;
}

/** "i) …      ii) …" side by side: the second part is a row of its own. */
function splitSideBySide(row: PaperRow): PaperRow[] {
  const first = /^\W*([a-h]|[ivx]{1,4})[)\].]/i.exec(row.words[0]?.text ?? '')?.[1];
  if (first === undefined) return [row];
  const next = row.words.findIndex((word, i) => {
    const before = row.words[i - 1];
    if (!before || word.box[0] - (before.box[0] + before.box[2]) < 2.5 * row.letter) return false;
    const label = /^[([]?([a-h]|[ivx]{1,4})[)\]]/i.exec(word.text)?.[1];
    return label !== undefined && follows(first.toLowerCase(), label.toLowerCase());
  });
  if (next < 0) return [row];
  const words = row.words.slice(next);
  const rest: PaperRow = { ...row, words, strokes: [], left: words[0]?.box[0] ?? row.left, room: 0 };
  return [{ ...row, words: row.words.slice(0, next) }, ...splitSideBySide(rest)];
}

const romanOrder = ['i', 'ii', 'iii', 'iv', 'v', 'vi', 'vii', 'viii', 'ix', 'x'];
function follows(a: string, b: string): boolean {
  const roman = romanOrder.indexOf(a);
  if (roman >= 0 && romanOrder[roman + 1] === b) return true;
  return a.length === 1 && b.length === 1 && b.charCodeAt(0) === a.charCodeAt(0) + 1;
}
