import type { InkMap, PageRect } from '../pages/ink.ts';
import type { GreyImage, OcrEngine } from '../types.ts';
import { findLostInk } from './find-lost-ink.ts';
import { type PlacedLines, type PlacedWord, shareOf } from './page-words.ts';
import { type Extent, extentOf, isBeside, placeWords, splitFallen, standsLikeText } from './place-words.ts';
import { stackStrips } from './stack-strips.ts';
import { expectedRight, wordConfidence } from './word-confidence.ts';

/** A page as the engine saw it, with the ink on it and the size of the picture that its words' boxes are measured in. */
export interface ReadablePage {
  copy: GreyImage;
  ink: InkMap;
  width: number;
  height: number;
}

/** Words less probable than this are looked at again on their own. */
const suspectBelow = 0.5;
/** Probability from which a strip's words are believed: several characters, one alone, and one that rings and strokes look like. */
const believedFrom = { several: 0.5, single: 0.75, roundOrStraight: 0.9 };
/** Where most strips are text, several characters are kept from here on: with their doubtful confidence they are worth more to a person than nothing. */
const keptFrom = 0.3;
/** A line with no more than a number may be the beginning of a short answer whose letter was lost: both are read as one. */
const stubCharacters = 3;
/** A second reading of a word counts when it is more probable by this much. */
const clearlyBetter = 0.2;
/** Where less than this share of the strips can be read they are dirt or drawings, and single characters among them accidents. */
const textShare = 0.5;

export interface LostInkReading {
  lines: PlacedLines;
  /** Places that look like text among text, of which nothing could be made. */
  unread: number;
}

interface ReadStrip {
  /** In pixels of the picture. */
  place: Extent;
  words: PlacedWord[];
  /** Words of the first reading that the strip stands on. */
  instead: PlacedWord[];
}

/**
 * Reads what the engine passed over: short lines, lone letters, numbers in the margin, and words of which it made nothing. One further call of the
 * engine for all of them; none when nothing is missing. Words come and go with confidences that are probabilities.
 */
export async function readLostInk(engine: OcrEngine, page: ReadablePage, asRead: PlacedLines): Promise<LostInkReading> {
  const lines = splitFallen(asRead);
  const stubs = new Set(lines.filter((line) => charactersOf(line).length <= stubCharacters).flat());
  const [suspects, sure] = divide(lines.flat(), (word) => word.confidence < suspectBelow || stubs.has(word));
  const strips = findLostInk(
    page.ink,
    sure.map((word) => shareOf(word, page)),
  );
  if (strips.length === 0) return { lines, unread: 0 };
  const stack = await stackStrips(page.copy, strips);
  const { lines: found } = await engine.recognise(stack.image, 'block');
  const scaleX = page.width / page.copy.width;
  const scaleY = page.height / page.copy.height;
  const read: ReadStrip[] = strips.map((strip) => ({
    place: {
      left: strip.left * page.width,
      top: strip.top * page.height,
      right: strip.right * page.width,
      bottom: strip.bottom * page.height,
    },
    words: [],
    instead: suspects.filter((word) => standsOn(word, strip, page)),
  }));
  for (const { text, confidence, box } of found.flat()) {
    const place = stack.locate(box);
    if (place === null) continue;
    const [x, y, w, h] = place.box;
    const left = Math.round(x * scaleX);
    const top = Math.round(y * scaleY);
    const onPage: PlacedWord['box'] = [left, top, Math.round((x + w) * scaleX) - left, Math.round((y + h) * scaleY) - top];
    read[place.strip]?.words.push({ text, confidence: wordConfidence(text, confidence), box: onPage });
  }
  const taken = believed(read, lines);
  const missing = read.filter((strip) => !taken.includes(strip) && isMissing(strip, lines, read, lines !== asRead));
  return { lines: replace(lines, taken), unread: isMostlyText(read) ? missing.length : 0 };
}

/**
 * True when the strip must be a line of its own by its place, and nothing stands there now, or only what was read of a line that ran down the page.
 * What stands beside a line (bullets, boxes, ticks) is no line.
 */
function isMissing({ place, instead }: ReadStrip, lines: PlacedLines, strips: readonly ReadStrip[], hadFallen: boolean): boolean {
  if (instead.length > 0 && !(hadFallen && meanOf(instead) < keptFrom)) return false;
  const others = strips.map((strip) => strip.place).filter((other) => other !== place);
  const extents = lines.filter((line) => line.length > 0).map(extentOf);
  return !extents.some((line) => isBeside(line, place)) && standsLikeText(place, extents, others);
}

function divide<T>(all: readonly T[], isFirst: (one: T) => boolean): [T[], T[]] {
  return [all.filter(isFirst), all.filter((one) => !isFirst(one))];
}

function isMostlyText(strips: readonly ReadStrip[]): boolean {
  const read = strips.filter(({ words }) => charactersOf(words).length > 0 && expectedRight(words) >= 0.8);
  return read.length >= textShare * strips.length;
}

/** Strips whose words are to be taken. */
function believed(strips: readonly ReadStrip[], lines: PlacedLines): ReadStrip[] {
  const mostlyText = isMostlyText(strips);
  const margins = lines.filter((line) => line.length > 0).map(extentOf);
  return strips.filter(({ place, words, instead }) => {
    const characters = charactersOf(words);
    if (characters.length === 0 || (characters.length < 3 && !mostlyText)) return false;
    const probability = meanOf(words);
    const least = mostlyText && characters.length > 1 ? keptFrom : leastFor(characters);
    const before = charactersOf(instead);
    const saysMore = before !== '' && characters.length > before.length && characters.includes(before);
    if (instead.length > 0) return probability >= Math.max(least, saysMore ? 0 : meanOf(instead) + clearlyBetter);
    if (characters.length >= 8 && probability >= believedFrom.several) return true;
    return (
      probability >= least &&
      standsLikeText(
        place,
        margins,
        strips.map((strip) => strip.place).filter((other) => other !== place),
      )
    );
  });
}

function leastFor(characters: string): number {
  if (/^[oO0QeCcIl1]$/.test(characters)) return believedFrom.roundOrStraight;
  return characters.length === 1 ? believedFrom.single : believedFrom.several;
}

function charactersOf(words: readonly PlacedWord[]): string {
  return words
    .map(({ text }) => text)
    .join('')
    .replace(/[^\p{L}\p{N}]/gu, '');
}

function meanOf(words: readonly PlacedWord[]): number {
  const characters = words.reduce((sum, { text }) => sum + text.length, 0);
  return words.reduce((sum, { text, confidence }) => sum + confidence * text.length, 0) / characters;
}

/** What is read instead of other words stands where the first of them stood; the rest is placed by its position. */
function replace(lines: PlacedLines, strips: readonly ReadStrip[]): PlacedLines {
  if (strips.length === 0) return lines;
  const gone = new Map<PlacedWord, PlacedWord[]>();
  for (const { words, instead } of strips)
    for (const [index, word] of instead.entries()) if (!gone.has(word)) gone.set(word, index === 0 ? words : []);
  const kept = lines.map((line) => line.flatMap((word) => gone.get(word) ?? [word]));
  const used = new Set(gone.values());
  return placeWords(
    kept,
    strips.filter(({ words }) => !used.has(words)).map(({ words }) => words),
  );
}

/** True when most of the word lies in the strip or most of the strip in the word. */
function standsOn(word: PlacedWord, strip: PageRect, page: ReadablePage): boolean {
  const rect = shareOf(word, page);
  const width = Math.min(rect.right, strip.right) - Math.max(rect.left, strip.left);
  const height = Math.min(rect.bottom, strip.bottom) - Math.max(rect.top, strip.top);
  if (width <= 0 || height <= 0) return false;
  const area = (of: PageRect) => (of.right - of.left) * (of.bottom - of.top);
  return width * height > 0.5 * Math.min(area(rect), area(strip));
}
