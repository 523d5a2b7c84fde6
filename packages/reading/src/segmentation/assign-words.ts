import type { Segmentation, SegmentedAnswer, WordRange } from '../types.ts';
import type { ChoiceTable } from './choice-tables.ts';
import type { SheetLine, SheetText, SheetWord } from './sheet-text.ts';
import type { Stretch } from './stretch.ts';

/** What was found on a sheet, as stretches of its text. */
export interface Found {
  answers: Map<string, Stretch[]>;
  /** Labels, and what belongs to them: marks, copied questions. */
  labels: Array<Stretch & { number: string | null }>;
  doubtful: Set<string>;
}

/** To whom a word belongs: `from` is where an answer begins inside its word. */
type Owner = { kind: 'answer'; number: string; from: number } | { kind: 'label'; number: string | null } | null;

interface OwnedWord {
  page: number;
  index: number;
  text: string;
  /** Its place in the sheet's order of reading, and that of its line's first word; words of tables have none. */
  place: { at: number; line: number } | null;
  owner: Owner;
}

/** Gives every word its one place. A word that holds the end of a label and the start of an answer is the answer's. */
export function assignWords(
  sheet: SheetText,
  lines: SheetLine[],
  numbers: string[],
  found: Found,
  tables: ChoiceTable[],
  wordText: (page: number, index: number) => string,
): Segmentation {
  const owned = [...ownSheetWords(sheet, lines, found), ...ownTableWords(tables, wordText)];
  const byNumber = new Map<string, OwnedWord[]>();
  for (const word of owned) {
    if (word.owner?.kind !== 'answer') continue;
    const list = byNumber.get(word.owner.number);
    if (list) list.push(word);
    else byNumber.set(word.owner.number, [word]);
  }
  const labelled = new Set(found.labels.map((label) => label.number));
  for (const table of tables) for (const entry of table.entries) labelled.add(entry.node.number);
  const answers = numbers.flatMap((number): SegmentedAnswer[] => {
    const words = byNumber.get(number);
    return words || labelled.has(number) ? [buildAnswer(number, words ?? [])] : [];
  });
  const inOrder = owned.filter((word) => word.owner?.kind !== 'answer').sort((a, b) => a.page - b.page || a.index - b.index);
  return {
    answers,
    unassigned: rangesOf(inOrder.filter((word) => word.owner === null)),
    labels: rangesOf(inOrder.filter((word) => word.owner !== null)).map(({ page, from, to, owner }) => ({
      page,
      from,
      to,
      number: owner?.number ?? null,
    })),
    doubtful: numbers.filter((number) => found.doubtful.has(number)),
  };
}

function ownSheetWords(sheet: SheetText, lines: SheetLine[], found: Found): OwnedWord[] {
  const owners: Owner[] = sheet.words.map(() => null);
  for (const [number, own] of found.answers)
    for (const stretch of own)
      for (const i of wordsIn(sheet.words, stretch))
        owners[i] = { kind: 'answer', number, from: Math.max(sheet.words[i]?.start ?? 0, stretch.start) };
  for (const label of found.labels) {
    const owner: Owner = { kind: 'label', number: label.number };
    for (const i of wordsIn(sheet.words, label)) if ((sheet.words[i]?.end ?? 0) <= label.end || owners[i] === null) owners[i] = owner;
  }
  const kept = new Set(lines);
  for (const line of sheet.lines) if (!kept.has(line)) for (const i of wordsIn(sheet.words, line)) owners[i] = null;
  let line = 0;
  return sheet.words.map((word, i) => {
    if (sheet.text[word.start - 1] !== ' ') line = i;
    const owner = owners[i] ?? null;
    const from = owner?.kind === 'answer' ? owner.from : word.start;
    return { page: word.page, index: word.index, text: sheet.text.slice(from, word.end), place: { at: i, line }, owner };
  });
}

/** Indexes of the words that reach into a stretch. */
function* wordsIn(words: SheetWord[], { start, end }: Stretch): Generator<number> {
  let low = 0;
  let high = words.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((words[middle]?.end ?? 0) > start) high = middle;
    else low = middle + 1;
  }
  for (let i = low; i < words.length && (words[i]?.start ?? end) < end; i++) yield i;
}

function ownTableWords(tables: ChoiceTable[], wordText: (page: number, index: number) => string): OwnedWord[] {
  return tables.flatMap((table) => [
    ...table.rest.map(({ page, index }): OwnedWord => ({ page, index, text: '', place: null, owner: null })),
    ...table.entries.flatMap(({ node, page, label, choice }) => [
      ...label.map((index): OwnedWord => ({ page, index, text: '', place: null, owner: { kind: 'label', number: node.number } })),
      ...choice.map(({ index, from }): OwnedWord => {
        const owner: Owner = node.number === null ? null : { kind: 'answer', number: node.number, from };
        return { page, index, text: wordText(page, index).slice(from), place: null, owner };
      }),
    ]),
  ]);
}

function rangesOf(words: OwnedWord[]): Array<WordRange & { owner: Owner }> {
  const ranges: Array<WordRange & { owner: Owner }> = [];
  for (const { page, index, owner } of words) {
    const last = ranges.at(-1);
    if (last && last.page === page && last.to === index && last.owner === owner) last.to = index + 1;
    else ranges.push({ page, from: index, to: index + 1, owner });
  }
  return ranges;
}

/** Words that follow each other in a line; where something was taken out between them, a line begins. */
function areNeighbours({ place: before }: OwnedWord, { place: after }: OwnedWord): boolean {
  if (!before || !after) return before === after;
  return after.at === before.at + 1 && after.line === before.line;
}

function buildAnswer(number: string, own: OwnedWord[]): SegmentedAnswer {
  let text = '';
  let last: OwnedWord | undefined;
  const words = own.map((word) => {
    if (last) text += areNeighbours(last, word) ? ' ' : '\n';
    const start = text.length;
    text += word.text;
    last = word;
    return { start, end: text.length, page: word.page, index: word.index };
  });
  return { number, text, words };
}
