import type { PageReading } from '@gradeflow/contracts';
import type { Segmentation } from '../../types.ts';
import type { MadeSheet } from './make-sheet.ts';
import { boxOf } from './read-sheet.ts';
import type { Owner, SetWord } from './typesetter.ts';

export interface SheetScore {
  wanted: number;
  /** Of these, answers of which at least one word was read. */
  read: number;
  found: number;
  right: number;
  lines: number;
  linesRight: number;
  perfect: boolean;
  flagged: boolean;
  /** What went wrong, for people. */
  faults: string[];
}

/**
 * Compares a segmentation with the truth. An answer is right when its first word is the first word that was read of the true
 * answer. A line counts for each owner on it: right when most of its words are where they belong. A sheet is perfect when all
 * answers and all lines are right and nothing else was found.
 */
export function scoreSheet(sheet: MadeSheet, pages: PageReading[], segmentation: Segmentation): SheetScore {
  const truth = matchWords(sheet, pages);
  const given = new Map<string, string>();
  for (const answer of segmentation.answers) for (const word of answer.words) given.set(`${word.page}/${word.index}`, answer.number);
  const wanted = new Set(
    sheet.pages.flatMap((page) => page.words.flatMap(({ owner }) => (typeof owner === 'object' ? [owner.answer] : []))),
  );
  const faults: string[] = [];
  const firstOf = new Map<string, string>();
  for (const { place, word } of truth) {
    const number = numberOf(word?.owner);
    if (number !== null && !firstOf.has(number) && /[\p{L}\d]/u.test(word?.text ?? '')) firstOf.set(number, place);
  }
  let right = 0;
  let found = 0;
  for (const answer of segmentation.answers) {
    const places = answer.words.map((word) => `${word.page}/${word.index}`);
    const own = places.filter((place) => truthAt(truth, place)?.owner !== 'free');
    if (own.length === 0) continue;
    found++;
    const first = own.find((place) => /[\p{L}\d]/u.test(truthAt(truth, place)?.text ?? ''));
    if (first !== undefined && first === firstOf.get(answer.number)) right++;
    else faults.push(`${answer.number} begins wrongly: ${JSON.stringify(answer.text.slice(0, 50))}`);
  }
  for (const number of wanted)
    if (!segmentation.answers.some((answer) => answer.number === number && answer.text)) faults.push(`${number} is missing`);
  const lines = scoreLines(truth, given, faults);
  const perfect = right === wanted.size && found === right && lines.right === lines.all;
  const flagged = segmentation.doubtful.length > 0;
  const read = new Set(truth.flatMap(({ word }) => numberOf(word?.owner) ?? [])).size;
  return { wanted: wanted.size, read, found, right, lines: lines.all, linesRight: lines.right, perfect, flagged, faults };
}

interface Matched {
  place: string;
  /** The set word that was read there; null for what is not on the sheet. */
  word: SetWord | null;
}

const indexes = new WeakMap<Matched[], Map<string, SetWord | null>>();

function truthAt(truth: Matched[], place: string): SetWord | null {
  let index = indexes.get(truth);
  if (!index) {
    index = new Map(truth.map((matched) => [matched.place, matched.word]));
    indexes.set(truth, index);
  }
  return index.get(place) ?? null;
}

const numberOf = (owner: Owner | undefined): string | null => (typeof owner === 'object' ? owner.answer : null);

/** For each word read, the set word that it lies on, in the order in which the sheet was set. */
function matchWords(sheet: MadeSheet, pages: PageReading[]): Matched[] {
  const order = new Map(sheet.pages.flatMap((page) => page.words).map((word, i) => [word, i]));
  const matched = pages.flatMap((page, i) => {
    const set = (sheet.pages[i]?.words ?? []).map((word) => ({ word, box: boxOf(word, page.width) }));
    return page.words.map(({ box }, index): Matched => {
      const under = set.map((candidate) => ({ ...candidate, common: overlap(candidate.box, box) })).filter(({ common }) => common > 0);
      // "2.A" was read as one word of two: it is the answer's.
      const answers = under.filter((entry) => numberOf(entry.word.owner) !== null && entry.common > 0.5 * entry.box[2] * entry.box[3]);
      const best = (answers.length > 0 ? answers : under).sort((a, b) => b.common - a.common)[0];
      return { place: `${page.number}/${index}`, word: best?.word ?? null };
    });
  });
  return matched.sort((a, b) => (a.word && b.word ? (order.get(a.word) ?? 0) - (order.get(b.word) ?? 0) : 0));
}

type Box = readonly [number, number, number, number];
function overlap(a: Box, b: Box): number {
  const width = Math.min(a[0] + a[2], b[0] + b[2]) - Math.max(a[0], b[0]);
  const height = Math.min(a[1] + a[3], b[1] + b[3]) - Math.max(a[1], b[1]);
  return width > 0 && height > 0 ? width * height : 0;
}

function scoreLines(truth: Matched[], given: Map<string, string>, faults: string[]): { all: number; right: number } {
  const groups = new Map<string, { want: string | null; text: string[]; right: number; all: number }>();
  for (const { place, word } of truth) {
    if (!word || word.owner === 'free') continue;
    const want = numberOf(word.owner);
    const key = `${word.row}/${want}`;
    const group = groups.get(key) ?? { want, text: [], right: 0, all: 0 };
    groups.set(key, group);
    group.all++;
    group.text.push(word.text);
    if ((given.get(place) ?? null) === want) group.right++;
  }
  const wrong = [...groups.values()].filter((group) => group.right * 2 <= group.all);
  for (const { want, text } of wrong.slice(0, 4)) faults.push(`of ${want ?? 'nobody'}: ${JSON.stringify(text.join(' ').slice(0, 50))}`);
  return { all: groups.size, right: groups.size - wrong.length };
}
