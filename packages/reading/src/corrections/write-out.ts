import type { PageReading } from '@gradeflow/contracts';
import type { SegmentedAnswer } from '../types.ts';
import { alignTokens } from '../vision/align-tokens.ts';
import type { CorrectedSheet } from './segment-corrected.ts';

type Place = { page: number; index: number };

/**
 * Makes this text the answer. Each of its words stands where the word of the sheet stands that it is a reading of, or the nearest before it, so that evidence still points
 * at the page; an answer of which the sheet shows no word stands at its number, and without a number on the first page as a whole.
 */
export function writeOut(sheet: CorrectedSheet, numbers: string[], number: string, text: string): CorrectedSheet {
  const { segmentation } = sheet;
  const before = segmentation.answers.find((answer) => answer.number === number);
  const { pages, places } = placesOf(sheet, number, before);
  const tokens = [...text.matchAll(/\S+/g)].map((match) => ({ text: match[0], start: match.index }));
  const read = (before?.words ?? []).map(({ start, end }) => before?.text.slice(start, end) ?? '');
  const partners = fillGaps(
    alignTokens(
      read,
      tokens.map((token) => token.text),
    ),
    places.length,
  );
  const words = tokens.flatMap(({ text: token, start }, at) => {
    const place = places[partners[at] ?? 0];
    return place ? [{ ...place, start, end: start + token.length }] : [];
  });
  const answer: SegmentedAnswer = { number, text, words };
  const answers = [...segmentation.answers.filter((other) => other.number !== number), answer];
  return {
    pages: withCertainWords(pages, words),
    segmentation: {
      ...segmentation,
      answers: numbers.flatMap((known) => answers.find((candidate) => candidate.number === known) ?? []),
      doubtful: segmentation.doubtful.filter((doubted) => doubted !== number),
      confirmed: [...segmentation.confirmed, number],
    },
  };
}

/** Where its words may stand; a word over the whole of the first page when the sheet shows neither answer nor number. */
function placesOf({ pages, segmentation }: CorrectedSheet, number: string, answer: SegmentedAnswer | undefined) {
  if (answer && answer.words.length > 0) return { pages, places: answer.words.map(({ page, index }): Place => ({ page, index })) };
  const label = segmentation.labels.findLast((candidate) => candidate.number === number);
  if (label) return { pages, places: [{ page: label.page, index: label.to - 1 }] };
  const [first, ...rest] = pages;
  if (!first) return { pages, places: [] };
  const line = (first.words.at(-1)?.line ?? -1) + 1;
  const all = { text: '', confidence: 1, box: [0, 0, first.width, first.height] as [number, number, number, number], line };
  return { pages: [{ ...first, words: [...first.words, all] }, ...rest], places: [{ page: first.number, index: first.words.length }] };
}

/** Words without a partner take the next free place between those of their neighbours, else that of the one before. */
function fillGaps(partners: Array<number | null>, count: number): number[] {
  let next = count;
  const following = partners.toReversed().map((partner) => {
    const after = next;
    next = partner ?? next;
    return after;
  });
  let last = -1;
  return partners.map((partner, at) => {
    const free = last + 1 < (following[partners.length - 1 - at] ?? count);
    last = partner ?? (free ? last + 1 : last);
    return Math.max(0, last);
  });
}

function withCertainWords(pages: PageReading[], places: readonly Place[]): PageReading[] {
  const byPage = Map.groupBy(places, ({ page }) => page);
  return pages.map((page) => {
    const indexes = new Set(byPage.get(page.number)?.map(({ index }) => index));
    if (indexes.size === 0) return page;
    return { ...page, words: page.words.map((word, index) => (indexes.has(index) ? { ...word, confidence: 1 } : word)) };
  });
}
