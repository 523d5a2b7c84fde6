import type { MarksheetRow } from './marksheet.ts';

export interface Column {
  title: string;
  align: 'left' | 'right';
  /** Points. */
  width: number;
  value(row: MarksheetRow, index: number): string;
}

export interface MarksheetLayout {
  /** Points; A4 upright, or on its side when the questions need it. */
  page: { width: number; height: number };
  columns: Column[];
  /** False when there are more questions than fit beside the rest. */
  showsQuestions: boolean;
}

export const margin = 40;
const a4 = { short: 595.28, long: 841.89 };
const narrowestName = 105;
const widestName = 330;
const questionWidth = 32;

const statusWords: Record<MarksheetRow['status'], string> = {
  RECEIVED: 'received',
  PROCESSING: 'in progress',
  GRADED: 'graded',
  NEEDS_REVIEW: 'needs review',
  FAILED: 'failed',
};

/** Columns for these rows: a column a question where they all fit, in the order in which they first occur. */
export function layoutMarksheet(rows: MarksheetRow[]): MarksheetLayout {
  const numbers = [...new Set(rows.flatMap((row) => row.questions.map(({ number }) => number)))];
  const needed = narrowestName + fixedWidth + numbers.length * questionWidth;
  const isUpright = needed <= a4.short - 2 * margin;
  const showsQuestions = needed <= a4.long - 2 * margin;
  const page = isUpright || !showsQuestions ? { width: a4.short, height: a4.long } : { width: a4.long, height: a4.short };
  const questions = showsQuestions ? numbers.map(questionColumn) : [];
  const free = page.width - 2 * margin - fixedWidth - questions.length * questionWidth;
  return { page, columns: [place, nameColumn(Math.min(free, widestName)), ...questions, ...totals], showsQuestions };
}

const place: Column = { title: '', align: 'right', width: 26, value: (_row, index) => `${index + 1}` };

const totals: Column[] = [
  { title: 'Score', align: 'right', width: 46, value: (row) => formatNumber(row.score) },
  { title: 'of', align: 'right', width: 40, value: (row) => formatNumber(row.maxScore) },
  { title: '%', align: 'right', width: 38, value: (row) => formatPercent(row) },
  { title: 'Status', align: 'left', width: 84, value: (row) => statusWords[row.status] },
];

const fixedWidth = [place, ...totals].reduce((sum, column) => sum + column.width, 0);

const nameColumn = (width: number): Column => ({ title: 'Sheet', align: 'left', width, value: (row) => row.name });

const questionColumn = (number: string): Column => ({
  title: number,
  align: 'right',
  width: questionWidth,
  value: (row) => formatNumber(row.questions.find((question) => question.number === number)?.score ?? null),
});

/** At most two decimals; a dash for what is not known. */
export function formatNumber(value: number | null): string {
  return value === null ? '–' : String(Math.round(value * 100) / 100);
}

function formatPercent({ score, maxScore }: MarksheetRow): string {
  return score === null || !maxScore ? '–' : `${Math.round((100 * score) / maxScore)}`;
}
