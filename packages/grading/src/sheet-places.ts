import type { Box, Evidence, PageReading, Region, UnassignedText } from '@gradeflow/contracts';
import type { Span } from './types.ts';

/** A stretch of words of the sheet: page and word range `[from, to)`. */
export interface WordRange {
  page: number;
  from: number;
  to: number;
}

/** A word of an answer: where it stands in the answer's text, and which word of which page it is. */
export interface LocatedWord {
  start: number;
  end: number;
  page: number;
  index: number;
}

/** Smallest box around all of them; null for none. */
function unionBox(boxes: Box[]): Box | null {
  if (boxes.length === 0) return null;
  const left = Math.min(...boxes.map(([x]) => x));
  const top = Math.min(...boxes.map(([, y]) => y));
  const right = Math.max(...boxes.map(([x, , width]) => x + width));
  const bottom = Math.max(...boxes.map(([, y, , height]) => y + height));
  return [left, top, right - left, bottom - top];
}

function boxesByPage(pages: PageReading[], words: Array<{ page: number; index: number }>): Map<number, Box[]> {
  const byPage = new Map<number, Box[]>();
  for (const { page, index } of words) {
    const box = pages.find((candidate) => candidate.number === page)?.words[index]?.box;
    if (!box) continue;
    const boxes = byPage.get(page);
    if (boxes) boxes.push(box);
    else byPage.set(page, [box]);
  }
  return byPage;
}

/** Where the words of a span of the answer stand: one item a page, each with its part of the quote. A span between words takes the next word. */
export function placeSpan(pages: PageReading[], text: string, words: LocatedWord[], span: Span): Evidence[] {
  let touched = words.filter((word) => word.start < span.end && word.end > span.start);
  if (touched.length === 0) touched = words.filter((word) => word.end > span.start).slice(0, 1);
  return [...boxesByPage(pages, touched)].flatMap(([page, boxes]) => {
    const box = unionBox(boxes);
    const here = touched.filter((word) => word.page === page);
    const first = here[0];
    const last = here.at(-1);
    if (!box || !first || !last) return [];
    const start = Math.max(first.start, span.start);
    const end = Math.min(last.end, span.end);
    return [{ text: end > start ? text.slice(start, end) : span.quote, page, box }];
  });
}

/** Where an answer stands, one region a page; where only its number was found, the number's place. */
export function regionsOf(pages: PageReading[], words: LocatedWord[], labels: WordRange[]): Region[] {
  const inLabels = labels.flatMap(({ page, from, to }) =>
    Array.from({ length: to - from }, (_, offset) => ({ page, index: from + offset })),
  );
  const places = words.length > 0 ? words : inLabels;
  return [...boxesByPage(pages, places)].flatMap(([page, boxes]) => {
    const box = unionBox(boxes);
    return box ? [{ page, box }] : [];
  });
}

/** The words of ranges that belong to no question, with their place; line breaks kept. */
export function unassignedText(pages: PageReading[], ranges: WordRange[]): UnassignedText[] {
  return ranges.flatMap(({ page, from, to }) => {
    const words = pages.find((candidate) => candidate.number === page)?.words.slice(from, to) ?? [];
    const box = unionBox(words.map((word) => word.box));
    if (!box) return [];
    const text = words.map((word, i) => (i === 0 ? '' : word.line === words[i - 1]?.line ? ' ' : '\n') + word.text).join('');
    return [{ page, box, text }];
  });
}
