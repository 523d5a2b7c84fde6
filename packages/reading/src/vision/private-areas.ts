import type { Box, PageReading } from '@gradeflow/contracts';
import { distance } from 'fastest-levenshtein';
import { findFieldLabels } from './field-labels.ts';
import type { PagePerson } from './types.ts';

type Word = PageReading['words'][number];

export interface PrivateAreas {
  /** In pixels of the page. */
  areas: Box[];
  /** Indexes of the words that the areas cover; what the engine read there stays. */
  hidden: Set<number>;
}

/** Writing by hand is larger than the printed label before it: the band reaches this far above and below it, in heights of the label. */
const bandAbove = 0.6;
const bandBelow = 0.5;
/** A value stands below its label, not beside it, when it begins within this many heights. */
const belowWithin = 2.5;
/** Around the box of a word that is hidden, in heights of it: boxes cut into strokes. */
const wordMargin = 0.25;
/** A word is hidden when this share of its box is painted. */
const coveredFrom = 0.3;

/**
 * What is personal on a page, as far as the reading shows it: from the label of a field to the right edge of the page (and what stands right below a label with
 * nothing beside it), e-mail addresses, and words that are parts of the name or address of those whose page it may be. `always` are areas in shares of the page. What the engine did not
 * read at all is only hidden where it stands behind a label or in `always`.
 */
export function findPrivateAreas(page: PageReading, people: readonly PagePerson[], always: readonly Box[] = []): PrivateAreas {
  const lines = linesOf(page.words);
  const typical = medianHeight(page.words);
  const areas: Box[] = always.map(([x, y, w, h]) => [x * page.width, y * page.height, w * page.width, h * page.height]);
  for (const line of lines) areas.push(...fieldAreas(page, line, typical));
  for (const word of [...addressWords(lines), ...findNames(lines, people)]) areas.push(grow(word.box));
  const hidden = new Set(
    page.words.flatMap(({ box }, index) => (areas.some((area) => coveredShare(box, area) >= coveredFrom) ? [index] : [])),
  );
  // A word that is covered in part is covered as a whole: half a name is a name.
  for (const index of hidden) areas.push(grow(page.words[index]?.box ?? [0, 0, 0, 0]));
  return { areas: areas.map((area) => within(area, page)).filter(([, , w, h]) => w > 0 && h > 0), hidden };
}

function linesOf(words: readonly Word[]): Word[][] {
  const lines = new Map<number, Word[]>();
  for (const word of words) lines.set(word.line, [...(lines.get(word.line) ?? []), word]);
  return [...lines.values()];
}

function medianHeight(words: readonly Word[]): number {
  const heights = words.map(({ box }) => box[3]).sort((a, b) => a - b);
  return heights[Math.floor(heights.length / 2)] ?? 0;
}

function fieldAreas(page: PageReading, line: readonly Word[], typical: number): Box[] {
  return findFieldLabels(line.map(({ text }) => text)).flatMap((label) => {
    const words = line.slice(label.from, label.to);
    const last = words.at(-1);
    if (!last) return [];
    const top = Math.min(...words.map(({ box }) => box[1]));
    const bottom = Math.max(...words.map(({ box }) => box[1] + box[3]));
    const height = Math.min(bottom - top, 3 * typical);
    const left = label.holdsValue ? last.box[0] : last.box[0] + last.box[2];
    const band: Box = [left, top - bandAbove * height, page.width - left, (1 + bandAbove + bandBelow) * height];
    const beside = page.words.filter((word) => middleIsIn(word.box, band));
    if (beside.length > 0 || label.holdsValue) return [band, ...beside.map(({ box }) => grow(box))];
    const reach: Box = [words[0]?.box[0] ?? left, bottom, page.width, belowWithin * height];
    const below = page.words.filter(({ box }) => box[1] >= bottom && box[1] < reach[1] + reach[3] && overlapsAcross(box, words));
    const lineBelow = new Set(below.map((word) => word.line));
    return [band, ...page.words.filter((word) => lineBelow.has(word.line)).map(({ box }) => grow(box))];
  });
}

function overlapsAcross([x, , w]: Box, words: readonly Word[]): boolean {
  const left = Math.min(...words.map(({ box }) => box[0]));
  const right = Math.max(...words.map(({ box }) => box[0] + box[2]));
  return x < right && x + w > left;
}

/** Addresses, whole or in pieces around the sign. A sign alone is what OCR makes of a scrawl: in pieces the part behind it must look like a host. */
function addressWords(lines: readonly Word[][]): Word[] {
  return lines.flatMap((line) =>
    line.flatMap((word, index) => {
      if (!word.text.includes('@')) return [];
      if (/[\p{L}\p{N}]@[\p{L}\p{N}]/u.test(word.text)) return [word];
      const before = word.text.startsWith('@') ? line.slice(Math.max(0, index - 1), index) : [];
      const after = word.text.endsWith('@') ? line.slice(index + 1, index + 2) : [];
      const pieces = [...before, word, ...after];
      return /@[^@]*\p{L}\.\p{L}{2,}/u.test(pieces.map(({ text }) => text).join('')) ? pieces : [];
    }),
  );
}

/** Words that are parts of these people's names or addresses: of one person every part; of several, whose names hold many an ordinary word, two parts of one person side by side. */
export function findNames<Of extends { text: string }>(lines: ReadonlyArray<readonly Of[]>, people: readonly PagePerson[]): Of[] {
  const read = lines.map((line) => line.map((word) => ({ word, parts: partsOf(word.text) })));
  return people.flatMap((person) => {
    const [mailbox = ''] = person.email.split('@', 1);
    const parts = [...new Set([...partsOf(person.name), ...partsOf(mailbox)])];
    return read.flatMap((line) => personsWords(line, parts, people.length === 1));
  });
}

/** Short parts are words of their own too often, so that also of one person they count beside another part only. */
function personsWords<Of>(line: ReadonlyArray<{ word: Of; parts: string[] }>, parts: readonly string[], isAlone: boolean): Of[] {
  const found = line.map((read) => parts.filter((part) => read.parts.some((other) => isAlike(other, part))));
  const isBeside = (index: number, other: number) => (found[other] ?? []).some((part) => found[index]?.some((own) => own !== part));
  return line.flatMap(({ word }, index) => {
    const own = found[index] ?? [];
    const counts =
      own.length > 1 || (isAlone && own.some((part) => part.length >= 4)) || isBeside(index, index - 1) || isBeside(index, index + 1);
    return own.length > 0 && counts ? [word] : [];
  });
}

function partsOf(text: string): string[] {
  return text
    .normalize('NFKD')
    .replace(/\p{M}/gu, '')
    .toLowerCase()
    .split(/[^\p{L}\p{N}]+/u)
    .filter((part) => part !== '');
}

/** One letter may be misread in a part of five and more, two from eight on. */
function isAlike(read: string, part: string): boolean {
  if (read === part) return true;
  return part.length >= 5 && distance(read, part) <= (part.length >= 8 ? 2 : 1);
}

function grow([x, y, w, h]: Box): Box {
  const margin = Math.max(2, wordMargin * h);
  return [x - margin, y - margin, w + 2 * margin, h + 2 * margin];
}

function middleIsIn([x, y, w, h]: Box, [left, top, width, height]: Box): boolean {
  const [across, down] = [x + w / 2, y + h / 2];
  return across >= left && across <= left + width && down >= top && down <= top + height;
}

function coveredShare([x, y, w, h]: Box, [left, top, width, height]: Box): number {
  const across = Math.min(x + w, left + width) - Math.max(x, left);
  const down = Math.min(y + h, top + height) - Math.max(y, top);
  return across > 0 && down > 0 ? (across * down) / Math.max(1, w * h) : 0;
}

function within([x, y, w, h]: Box, { width, height }: { width: number; height: number }): Box {
  const left = Math.max(0, Math.floor(x));
  const top = Math.max(0, Math.floor(y));
  return [left, top, Math.min(width, Math.ceil(x + w)) - left, Math.min(height, Math.ceil(y + h)) - top];
}
