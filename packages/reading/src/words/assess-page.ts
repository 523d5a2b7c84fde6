import type { PageDoubt } from '@gradeflow/contracts';
import { type InkMap, paintMask } from '../pages/ink.ts';
import { measureLanguage } from '../text-layer/stop-words.ts';
import { looksHandwritten } from './handwriting.ts';
import { coverPieces, smallestLetterPx } from './ink-pieces.ts';
import { type PlacedLines, shareOf } from './page-words.ts';
import { expectedRight } from './word-confidence.ts';

/** What a page read by OCR is worth. */
export interface PageAssessment {
  /** 0–1: expected share of the page's characters that were read right. */
  confidence: number;
  doubts: PageDoubt[];
}

/** What is known of a page besides its words, whose boxes are pixels of a picture of `width` × `height`. */
export interface PageEvidence {
  /** Of the picture that the words stand on. */
  ink: InkMap;
  width: number;
  height: number;
  languages: readonly string[];
  /** Places with text of which nothing could be made. */
  unread: number;
  /** 0–1; null when there is no writing to measure it on. Asked of doubted pages alone. */
  sharpness: () => number | null;
  /** Taken by a camera or lit like it. */
  photo: boolean;
}

/**
 * The share of right characters in what was read below which a page is doubted, and the share of its ink outside its words above which it is. They
 * divide pages that a person can use (less than a tenth of the characters wrong) from lost ones (more than 30 %).
 */
const leastRight = 0.88;
/** The same for photos: a bad one can be taken again, so one is doubted from where more than a twentieth of its characters is expected to be wrong. */
const leastRightOfPhoto = 0.95;
const mostOutside = 0.4;
/** Fewer words say nothing about their language. */
const minTokens = 20;
const leastCommon = 0.15;
const leastShaped = 0.6;
/** Words that were read this surely are those of the page, whatever language they are. */
const surelyRight = 0.985;
/** An edge of a letter is at most this steep on pages that a camera missed; sharp ones have 0.5 and more. */
const blurredBelow = 0.25;

/** Judges a page that was read by OCR. Doubts are in the order of `PageDoubt`; a page without any can be graded without a person. */
export function assessPage(lines: PlacedLines, page: PageEvidence): PageAssessment {
  const words = lines.flat();
  const right = expectedRight(words);
  const outside = inkOutside(lines, page);
  const doubts: PageDoubt[] = [];
  if (right < (page.photo ? leastRightOfPhoto : leastRight)) doubts.push('LOW_CONFIDENCE');
  if (outside > mostOutside || page.unread > 0) doubts.push('INK_NOT_READ');
  if (right < surelyRight && !isLanguage(words, page.languages)) doubts.push('NOT_LANGUAGE');
  if (doubts.length > 0 && looksHandwritten(page.ink)) doubts.push('HANDWRITING');
  if (doubts.length > 0 && (page.sharpness() ?? 1) < blurredBelow) doubts.push('BLURRED');
  return { confidence: right * (1 - outside), doubts };
}

/** So many badly read words in the pictures of a typed page are an answer that was pasted in; fewer are a logo. */
const minPictureWords = 5;

/** Judges what was read in the pictures of a page whose text layer is good. Drawings hold ink too: what was not read there says nothing. */
export function assessPictures(lines: PlacedLines): PageDoubt[] {
  const words = lines.flat();
  return words.length >= minPictureWords && expectedRight(words) < leastRight ? ['LOW_CONFIDENCE'] : [];
}

/** Share of the page's ink that stands in no word, 0–1; grain and dust, lower than a letter, are no ink here. Ink in a word's box counts as read, however badly. */
function inkOutside(lines: PlacedLines, page: Pick<PageEvidence, 'ink' | 'width' | 'height'>): number {
  const boxes = lines.flat().map((word) => shareOf(word, page));
  let all = 0;
  let outside = 0;
  for (const { top, bottom, area, covered } of coverPieces(page.ink, paintMask(boxes, page.ink, 1))) {
    if (bottom - top < smallestLetterPx) continue;
    all += area;
    outside += area - covered;
  }
  return all === 0 ? 0 : outside / all;
}

/** False when there are 20 words and more and hardly any of them belongs to the language. Single letters are answers, not words. */
function isLanguage(words: ReadonlyArray<{ text: string }>, languages: readonly string[]): boolean {
  const longer = words.map(({ text }) => text).filter((text) => /[\p{L}\p{N}]{2}/u.test(text));
  const look = measureLanguage(longer, languages);
  return look === null || look.tokens < minTokens || (look.common >= leastCommon && look.shaped >= leastShaped);
}
