import type { PageReading } from '@gradeflow/contracts';
import type { NumberNode } from './key-numbers.ts';
import { type PageWord, rowsOf } from './reading-order.ts';

/** One chosen option: the words of its number, and those of the choice (`from`: where the choice begins in a word that holds both). */
export interface ChoiceEntry {
  node: NumberNode;
  page: number;
  label: number[];
  choice: Array<{ index: number; from: number }>;
  /** Reads like an option: a letter, true, false. */
  clean: boolean;
}

/** Options given as a table or as a dense list. */
export interface ChoiceTable {
  entries: ChoiceEntry[];
  /** Words of the table that belong to no entry ("Question", "Answer"). */
  rest: Array<{ page: number; index: number }>;
  /** Numbers in one row, options in the next; else a list. */
  grid: boolean;
  /** Words in the middle of it could not be read as entries. */
  unread: boolean;
  /** Numbers that should stand in the table and were not found, or were found twice. */
  unsure: NumberNode[];
}

type Place = PageWord & { index: number };
type Row = Place[];

const numberToken = /^[([{#]?(?:Q\.?)?(\d{1,3})[)\]}.:,\-–—=>]*$/i;
const joinedToken = /^[([{#]?(?:Q\.?)?(\d{1,3})[)\]}.:,\-–—=>]*(?=[([]?[a-z])([([]?(?:[a-h]|true|false|t|f)[)\].]?)$/i;
const option = /^[([‘']?(?:[a-h]|true|false|yes|no|t|f|i{1,3}|iv)[)\].,;:]*$/i;
const separator = /^[|:.\-–—=>_]+$/;

/**
 * Finds options that were given as a table: numbers in one row and the options below them, or rows of numbers with an option behind
 * each (`1. B  6. C`, also down in columns). Geometry decides, not the order in which the engine read the words. Only main numbers
 * without parts; at least three numbers in a row of a grid, four in a list.
 */
export function findChoiceTables(pages: PageReading[], nodes: NumberNode[]): ChoiceTable[] {
  const byToken = new Map(nodes.filter((node) => node.children.length === 0).map((node) => [node.token, node]));
  const tables = pages.flatMap((page) => {
    const tall = page.words.map((word) => word.box[3]).sort((a, b) => a - b)[page.words.length >> 1] ?? 0;
    if (tall <= 0) return [];
    const rows = rowsOf(
      page.words.map((word, index): Place => ({ ...word, index })).filter((word) => !/^[|_]+$/.test(word.text)),
      tall,
    );
    return findOnPage(rows, page.number, byToken, tall);
  });
  return tables.filter((table) => isTable(table, nodes)).map((table) => ({ ...table, unsure: unsureOf(table, nodes) }));
}

function findOnPage(rows: Row[], page: number, byToken: Map<string, NumberNode>, tall: number): ChoiceTable[] {
  const tables: ChoiceTable[] = [];
  let list: ChoiceTable = { entries: [], rest: [], grid: false, unread: false, unsure: [] };
  const unread: ChoiceTable['rest'] = [];
  const endList = () => {
    unread.length = 0;
    trim(list);
    if (list.entries.length >= 4) tables.push(list);
    list = { entries: [], rest: [], grid: false, unread: false, unsure: [] };
  };
  for (let i = 0; i < rows.length; i++) {
    const row = rows[i] ?? [];
    const last = tables.at(-1)?.entries.at(-1)?.node.token;
    const grid = readGrid(row, rows[i + 1] ?? [], page, byToken, tall, last === undefined ? null : Number(last) + 1);
    const entries = grid ? null : readEntries(row, page, byToken, tall);
    if (grid) {
      endList();
      tables.push(grid);
      i++;
    } else if (entries) {
      list.entries.push(...entries);
      list.unread ||= unread.length > 0;
      list.rest.push(...unread.splice(0));
    } else if (list.entries.length > 0 && unread.length < 3 && row.every((word) => word.text.length <= 3)) {
      // What was misread in the middle of a list does not end it.
      unread.push(...row.map(({ index }) => ({ page, index })));
    } else endList();
  }
  endList();
  return tables;
}

/**
 * A row of numbers and the row of options below it. Numbers stand at even distances; one that was not read is known by its place.
 * A short row counts where it goes on from the grid above (`goesOn`).
 */
function readGrid(
  row: Row,
  below: Row,
  page: number,
  byToken: Map<string, NumberNode>,
  tall: number,
  goesOn: number | null,
): ChoiceTable | null {
  const first = row.findIndex((word) => numberToken.test(word.text));
  const heads = first < 0 || first > 3 ? [] : row.slice(first).filter((word) => numberToken.test(word.text));
  // Numbers may be misread, words may not stand between them.
  const others = row.filter((word) => !heads.includes(word));
  if (others.length > 3 + 0.4 * heads.length || row.slice(Math.max(0, first)).some((word) => word.text.length > 5)) return null;
  const values = heads.map((word) => Number(numberToken.exec(word.text)?.[1] ?? Number.NaN));
  const fewest = values[0] === goesOn ? 1 : 3;
  const spacing = heads.length < fewest ? null : evenSpacing(heads, values, tall);
  const distance = (below[0]?.box[1] ?? Number.POSITIVE_INFINITY) - (row[0]?.box[1] ?? 0);
  if (spacing === null || distance > 4.5 * tall) return null;
  const origin = middleOf(heads[0] as Place) - spacing * (values[0] ?? 0);
  const columns = new Map<number, { label: number[]; words: Place[] }>();
  heads.forEach((head, i) => {
    columns.set(values[i] ?? 0, { label: [head.index], words: [] });
  });
  const rest = others;
  for (const word of below) {
    const value = Math.round((middleOf(word) - origin) / spacing);
    // A place without a number counts when an option stands there; "Ans." at the left does not.
    const fits = columns.has(value) ? word.text.length <= 6 : byToken.has(String(value)) && option.test(word.text);
    if (!fits) rest.push(word);
    else columns.set(value, { label: columns.get(value)?.label ?? [], words: [...(columns.get(value)?.words ?? []), word] });
  }
  const entries = [...columns].flatMap(([value, { label, words }]): ChoiceEntry[] => {
    const node = byToken.get(String(value));
    const choice = words.map(({ index }) => ({ index, from: 0 }));
    return node ? [{ node, page, label, choice, clean: label.length > 0 && option.test(words.map((word) => word.text).join('')) }] : [];
  });
  const filled = entries.filter((entry) => entry.choice.length > 0);
  if (entries.length < columns.size || filled.length < Math.min(2, fewest)) return null;
  // A long row of numbers is evidence by itself.
  const cleanShare = heads.length >= 5 ? 0.4 : 0.6;
  if (filled.filter((entry) => entry.clean).length < cleanShare * filled.length) return null;
  return { entries, rest: rest.map(({ index }) => ({ page, index })), grid: true, unread: false, unsure: [] };
}

const middleOf = (word: Place) => word.box[0] + word.box[2] / 2;

/** Pixels from one number to the next, when rising numbers stand at even distances; null when they do not. */
function evenSpacing(heads: Row, values: number[], tall: number): number | null {
  if (values.some((value, i) => !Number.isFinite(value) || (i > 0 && value <= (values[i - 1] ?? 0)))) return null;
  const steps = values
    .slice(1)
    .map((value, i) => (middleOf(heads[i + 1] as Place) - middleOf(heads[i] as Place)) / (value - (values[i] ?? 0)));
  const usual = steps.toSorted((a, b) => a - b)[steps.length >> 1] ?? 4 * tall;
  return usual >= tall && steps.every((step) => Math.abs(step - usual) < 0.3 * usual) ? usual : null;
}

/** All words of the row as numbers with options behind them; null when something else stands there. */
function readEntries(row: Row, page: number, byToken: Map<string, NumberNode>, tall: number): ChoiceEntry[] | null {
  const entries: ChoiceEntry[] = [];
  for (const [at, word] of row.entries()) {
    const last = entries.at(-1);
    const [left, , width] = row[at - 1]?.box ?? word.box;
    const near = word.box[0] - left - width < 2 * tall;
    const joined = joinedToken.exec(word.text);
    const digits = joined?.[1] ?? numberToken.exec(word.text)?.[1];
    const node = digits === undefined ? undefined : byToken.get(String(Number(digits)));
    // "1 8" is a misread "1 B", not the numbers 1 and 8.
    const misread = near && last?.choice.length === 0 && /^\d$/.test(word.text) && Number(word.text) !== Number(last.node.token) + 1;
    if (node && !misread) {
      const choice = joined ? [{ index: word.index, from: word.text.length - (joined[2]?.length ?? 0) }] : [];
      entries.push({ node, page, label: joined ? [] : [word.index], choice, clean: joined !== null });
    } else if (!last) return null;
    else if (last.choice.length === 0 && separator.test(word.text)) last.label.push(word.index);
    else if (last.choice.length === 0 && (option.test(word.text) || word.text.length <= 3)) {
      last.choice.push({ index: word.index, from: 0 });
      last.clean = option.test(word.text);
    } else return null;
  }
  return entries.length > 0 ? entries : null;
}

/** Numbers without an option at the ends of a list may be page numbers or begin a written answer. */
function trim(list: ChoiceTable): void {
  while (list.entries[0]?.choice.length === 0) list.entries.shift();
  while (list.entries.at(-1)?.choice.length === 0) list.entries.pop();
}

/** Most entries hold an option, and the numbers are close together. */
function isTable({ entries, grid }: ChoiceTable, nodes: NumberNode[]): boolean {
  const orders = entries.map((entry) => nodes.indexOf(entry.node));
  const range = Math.max(...orders) - Math.min(...orders) + 1;
  const clean = entries.filter((entry) => entry.clean).length;
  const filled = entries.filter((entry) => entry.choice.length > 0).length;
  return (
    clean >= Math.min(2, filled) &&
    clean > 0 &&
    (grid || clean >= 0.6 * filled) &&
    filled >= 0.5 * entries.length &&
    range <= 1.5 * entries.length + 1 &&
    new Set(orders).size > 0.8 * orders.length
  );
}

function unsureOf({ entries, unread }: ChoiceTable, nodes: NumberNode[]): NumberNode[] {
  const orders = entries.map((entry) => nodes.indexOf(entry.node));
  const low = Math.min(...orders);
  const high = Math.max(...orders);
  return nodes.filter((node, order) => {
    if (order < low || order > high) return false;
    const own = entries.filter((entry) => entry.node === node);
    const blank = own.some((entry) => entry.choice.length === 0);
    return own.length !== 1 || (blank && unread) || own.some((entry) => entry.choice.length > 0 && !entry.clean);
  });
}
