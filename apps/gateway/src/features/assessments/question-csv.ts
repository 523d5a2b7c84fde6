import type { Question } from '@gradeflow/contracts';
import { type FieldError, ValidationError } from '@gradeflow/errors';
import { writeToString } from 'fast-csv';
import { readCsvRows } from '../../http/csv-rows.ts';

/** Columns about the question stand on its first row, those about a criterion on each. Cells marked `json` hold JSON. */
const questionColumns = ['number', 'id', 'type', 'maxScore', 'lang', 'prompt', 'modelAnswers', 'exemplars'] as const;
const rubricColumns = ['scoring', 'step', 'floor', 'ceiling', 'groups'] as const;
const criterionColumns = ['criterionId', 'description', 'points', 'partial', 'group', 'requires', 'excludes', 'match'] as const;
const columns = [...questionColumns, ...rubricColumns, ...criterionColumns];
type Column = (typeof columns)[number];
type Cells = Partial<Record<Column, string>>;

const numeric = new Set<Column>(['maxScore', 'step', 'floor', 'ceiling', 'points']);
const json = new Set<Column>(['modelAnswers', 'exemplars', 'groups', 'match']);
const keyLists = new Set<Column>(['requires', 'excludes']);

/** A list read from a file, not yet checked, and the row of the file (the header is row 1) that each question and criterion came from. */
export interface ReadQuestions {
  questions: unknown[];
  rows: Array<{ row: number; criteria: number[] }>;
}

/**
 * Questions as CSV: UTF-8 with a mark that Excel looks for, one row a criterion, a row of its own for a question without criteria. A cell that a spreadsheet would
 * take for a formula gets an apostrophe in front, which reading takes away again.
 */
export function writeQuestionsCsv(questions: readonly Question[]): Promise<string> {
  const rows = questions.flatMap((question) => rowsOf(question).map((cells) => columns.map((column) => guard(cells[column] ?? ''))));
  return writeToString([[...columns], ...rows], { quoteColumns: true, writeBOM: true, rowDelimiter: '\r\n', includeEndRowDelimiter: true });
}

/**
 * Reads what `writeQuestionsCsv` writes and what people make of it in a spreadsheet: comma, semicolon or tab, columns in any order and left out, decimal commas.
 * A `match` may be words instead of JSON: `weight | gravity; mass` asks for two ideas, the first in either of two ways. Throws ValidationError with `/rows/<row>` for
 * each fault of the form; what the questions say is checked by whoever asked.
 */
export async function readQuestionsCsv(text: string): Promise<ReadQuestions> {
  const [header, ...records] = await readCsvRows(text);
  if (!header) throw refused([{ path: '/rows/1', message: 'the file is empty: the first row names the columns' }]);
  const names = header.map((name) => name.trim());
  refuseIfAny(headerFaults(names));
  const faults: FieldError[] = [];
  const read: ReadQuestions = { questions: [], rows: [] };
  let current: { cells: Cells; criteria: unknown[]; rows: number[] } | null = null;
  records.forEach((record, index) => {
    const row = index + 2;
    if (record.every((cell) => cell.trim() === '')) return;
    if (record.slice(names.length).some((cell) => cell !== ''))
      faults.push({ path: `/rows/${row}`, message: 'the row has more cells than there are columns' });
    const cells = toCells(names, record);
    if (current && (cells.number === undefined || cells.number.trim() === current.cells.number?.trim())) {
      faults.push(...contradictions(current.cells, cells, row));
    } else {
      const criteria: unknown[] = [];
      current = { cells, criteria, rows: [] };
      read.rows.push({ row, criteria: current.rows });
      read.questions.push(questionOf(cells, criteria, row, faults));
    }
    const criterion = criterionOf(cells, row, faults);
    if (!criterion) return;
    current.criteria.push(criterion);
    current.rows.push(row);
  });
  refuseIfAny(faults);
  return read;
}

/** The place in the file of a fault that was found in the list: `/3/rubric/criteria/1/points` → `/rows/9/points`. */
export function csvPath(path: readonly PropertyKey[], rows: ReadQuestions['rows']): PropertyKey[] {
  const [index, ...rest] = path;
  const place = rows[Number(index)];
  if (!place) return [...path];
  if (rest[0] === 'rubric' && rest[1] === 'criteria' && typeof rest[2] === 'number')
    return ['rows', place.criteria[rest[2]] ?? place.row, ...rest.slice(3)];
  return ['rows', place.row, ...(rest[0] === 'rubric' ? rest.slice(1) : rest)];
}

function rowsOf({ rubric, ...question }: Question): Cells[] {
  const { number, id, type, maxScore, lang, prompt, modelAnswers, exemplars } = question;
  const head: Cells = { number, id, type, maxScore: `${maxScore}`, lang, prompt, ...listCells({ modelAnswers, exemplars }) };
  if (!rubric) return [head];
  const { scoring, step, floor, ceiling, groups, criteria } = rubric;
  const first: Cells = {
    ...head,
    ...{ scoring, step: `${step}`, floor: `${floor}`, ...listCells({ groups }) },
    ...(ceiling === undefined ? {} : { ceiling: `${ceiling}` }),
  };
  const rows = criteria.map(({ id: criterionId, description, points, partial, group, requires, excludes, match }) => ({
    ...{ criterionId, description, points: `${points}`, partial, group: group ?? '' },
    ...{ requires: requires.join(' '), excludes: excludes.join(' '), match: JSON.stringify(match) },
  }));
  return [{ ...first, ...rows[0] }, ...rows.slice(1).map((row) => ({ number, ...row }))];
}

function listCells(lists: Partial<Record<Column, readonly unknown[]>>): Cells {
  return Object.fromEntries(Object.entries(lists).flatMap(([name, list]) => (list.length === 0 ? [] : [[name, JSON.stringify(list)]])));
}

/** Begins like a formula, or like a cell that has the apostrophe already; plain numbers are none. */
const risky = /^[=+\-@\t\r']/;
function guard(cell: string): string {
  return risky.test(cell) && !/^-?\d+(\.\d+)?$/.test(cell) ? `'${cell}` : cell;
}
function unguard(cell: string): string {
  return cell.startsWith("'") && risky.test(cell.slice(1)) ? cell.slice(1) : cell;
}

function headerFaults(names: readonly string[]): FieldError[] {
  const fault = (message: string) => ({ path: '/rows/1', message });
  const known = new Set<string>(columns);
  return [
    ...names.filter((name) => !known.has(name)).map((name) => fault(`there is no column "${name}"; the columns are ${columns.join(', ')}`)),
    ...names.filter((name, index) => names.indexOf(name) < index).map((name) => fault(`the column "${name}" is there twice`)),
    ...['number', 'maxScore'].filter((name) => !names.includes(name)).map((name) => fault(`the column "${name}" is missing`)),
  ];
}

function toCells(names: readonly string[], record: readonly string[]): Cells {
  return Object.fromEntries(names.flatMap((name, index) => ((record[index] ?? '') === '' ? [] : [[name, unguard(record[index] ?? '')]])));
}

/** Further rows of a question may repeat what its first row says, and say nothing else about it. */
function contradictions(first: Cells, cells: Cells, row: number): FieldError[] {
  return [...questionColumns, ...rubricColumns]
    .filter((column) => column !== 'number' && cells[column] !== undefined && cells[column] !== first[column])
    .map((column) => ({ path: `/rows/${row}/${column}`, message: `the first row of question "${first.number}" says something else` }));
}

function questionOf(cells: Cells, criteria: unknown[], row: number, faults: FieldError[]): unknown {
  const rubric = valuesOf(cells, rubricColumns, row, faults);
  const hasRubric = Object.keys(rubric).length > 0 || cells.criterionId !== undefined;
  return { ...valuesOf(cells, questionColumns, row, faults), ...(hasRubric ? { rubric: { ...rubric, criteria } } : {}) };
}

function criterionOf(cells: Cells, row: number, faults: FieldError[]): unknown {
  const { criterionId, ...values } = valuesOf(cells, criterionColumns, row, faults);
  if (criterionId !== undefined) return { id: criterionId, ...values };
  if (Object.keys(values).length > 0) faults.push({ path: `/rows/${row}/criterionId`, message: 'the criterion needs an id' });
  return null;
}

function valuesOf(cells: Cells, names: readonly Column[], row: number, faults: FieldError[]): Record<string, unknown> {
  const values: Record<string, unknown> = {};
  for (const name of names) {
    const cell = cells[name];
    if (cell === undefined) continue;
    try {
      values[name] = readCell(name, cell);
    } catch (error) {
      if (!(error instanceof SyntaxError)) throw error;
      faults.push({ path: `/rows/${row}/${name}`, message: 'the cell holds neither JSON nor words' });
    }
  }
  return values;
}

function readCell(name: Column, cell: string): unknown {
  if (numeric.has(name)) return toNumber(cell);
  if (keyLists.has(name)) return cell.split(/[\s,;]+/).filter((key) => key !== '');
  if (!json.has(name)) return cell;
  if (name === 'match' && !/^\s*[[{]/.test(cell)) return wordsToMatch(cell);
  return JSON.parse(cell);
}

/** What is no number stays text, so that the check of the question says so. */
function toNumber(cell: string): number | string {
  const plain = cell.trim().replace(/^(-?\d+),(\d+)$/, '$1.$2');
  return plain === '' || Number.isNaN(Number(plain)) ? cell : Number(plain);
}

function wordsToMatch(cell: string): unknown {
  const parts = (text: string, sign: string) =>
    text
      .split(sign)
      .map((part) => part.trim())
      .filter((part) => part !== '');
  return { type: 'keywords', groups: parts(cell, ';').map((group) => ({ anyOf: parts(group, '|') })) };
}

function refuseIfAny(errors: FieldError[]): void {
  if (errors.length > 0) throw refused(errors);
}

function refused(errors: FieldError[]): ValidationError {
  return new ValidationError({ detail: 'The table of questions is not as it should be.', errors });
}
