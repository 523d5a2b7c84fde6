import { findStopWords } from '../text-layer/stop-words.ts';
import type { PlacedLines, PlacedWord } from './page-words.ts';
import { expectedRight } from './word-confidence.ts';

/** Words as sure as this are the page's print; fewer of them do not tell how high it is. */
const surelyWord = 0.8;
const minSureWords = 20;
/** The rest of the page is expected to be right to this share. */
const wellPrinted = 0.95;
/** So many words and letters; one alone may be a ticked letter or a number that was written large. */
const least = { words: 2, letters: 6 };
/** Every word of a scrawl is less probable than the first, and its characters less than the second in the mean. */
const believedFrom = { word: 0.6, mean: 0.4 };
/** Every word of a scrawl is so many times as high as the print. */
const higher = 1.7;
/** More of the page's characters than this are no signature but what the page is about. */
const mostOfPage = 0.1;

/**
 * Sets aside lines of letters that the engine sees in a signature or a scribble: on a page that is surely printed, words that are all much higher than its
 * print and hardly one of them right, with no number and no common word of the languages among them. What was written there is a person's to read, so the
 * page is to be doubted for it. Confidences are probabilities. Of 865 written words on 154 printed pages the engine reads 48; none of these is set aside.
 */
export function setAsideScrawls(lines: PlacedLines, languages: readonly string[]): { lines: PlacedLines; scrawls: PlacedLines } {
  const asRead = { lines, scrawls: [] };
  const common = findStopWords(languages);
  const printed = usualHeight(lines);
  if (common === null || printed === null) return asRead;
  const scrawls = lines.filter((line) => isScrawl(line, printed) && !line.some((word) => mayBeMeant(word, common)));
  const rest = lines.filter((line) => !scrawls.includes(line));
  const isLittle = charactersIn(scrawls.flat()) <= mostOfPage * charactersIn(lines.flat());
  return scrawls.length > 0 && isLittle && expectedRight(rest.flat()) >= wellPrinted ? { lines: rest, scrawls } : asRead;
}

/** Median height of the words that are surely read; null when there are too few. */
function usualHeight(lines: PlacedLines): number | null {
  const sure = lines.flat().filter(({ confidence }) => confidence >= surelyWord);
  if (sure.length < minSureWords) return null;
  return sure.map(({ box }) => box[3]).sort((a, b) => a - b)[sure.length >> 1] ?? null;
}

function isScrawl(line: readonly PlacedWord[], printed: number): boolean {
  if (line.length < least.words || lettersOf(line.map(({ text }) => text).join('')).length < least.letters) return false;
  if (line.some(({ confidence, box }) => confidence >= believedFrom.word || box[3] < higher * printed)) return false;
  return line.reduce((sum, { text, confidence }) => sum + confidence * text.length, 0) <= believedFrom.mean * charactersIn(line);
}

/** Numbers are read best of all that is written; a common word of one letter is a stroke. */
function mayBeMeant({ text }: PlacedWord, common: ReadonlySet<string>): boolean {
  const letters = lettersOf(text);
  return /^\d+$/.test(letters) || (letters.length > 1 && common.has(letters.toLowerCase()));
}

function lettersOf(text: string): string {
  return text.replace(/[^\p{L}\p{N}]/gu, '');
}

function charactersIn(words: readonly PlacedWord[]): number {
  return words.reduce((sum, { text }) => sum + text.length, 0);
}
