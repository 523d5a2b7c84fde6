import { type InkMap, pixelsOf } from '../pages/ink.ts';
import type { RecognisedWord } from '../types.ts';
import { type PlacedLines, type PlacedWord, shareOf } from './page-words.ts';

/** A "word" without a letter or digit that is read with less confidence is a speck, a stain or a piece of a drawing. */
const surelyMark = 0.5;
/** How tesseract reads rules: the border of a table cell, a margin line, a line to write on. */
const rule = /^[|¦_~—–]+$/u;
/** What it reads where a border stands between two fields. */
const upright = /^[|¦[\]]+$/;
/** As far as a border goes on at least, in pixels of the ink map: half of what is between two lines. */
const goesOnPx = 3;
const letterOrDigit = /[\p{L}\p{N}]/u;

/**
 * A line without what is surely no text: doubtful words without letter or digit, and rules at its ends, however sure the engine is of them. Inside a line a
 * stroke may mean something, as in P(A | B), and words with letters stay whatever their confidence: a short answer may be one of them.
 */
export function dropMarks(line: readonly RecognisedWord[]): RecognisedWord[] {
  const kept = line.filter(({ text, confidence }) => letterOrDigit.test(text) || confidence >= surelyMark);
  const isText = ({ text }: RecognisedWord) => !rule.test(text);
  return kept.slice(Math.max(0, kept.findIndex(isText)), kept.findLastIndex(isText) + 1);
}

/** Lines without the strokes that are borders of cells, also inside a line: they go on above and below their words. Boxes are in pixels of the picture of the given size. */
export function dropBorders(lines: PlacedLines, ink: InkMap, picture: { width: number; height: number }): PlacedLines {
  const isDark = (x: number, y: number): boolean => ink.dark.subarray(y * ink.width + x - 1, y * ink.width + x + 2).includes(1);
  const isBorder = (word: PlacedWord): boolean => {
    if (!upright.test(word.text)) return false;
    const area = pixelsOf(shareOf(word, picture), ink, goesOnPx);
    if (!area) return false;
    for (let column = area.left + goesOnPx; column < area.right - goesOnPx; column += 1) {
      let row = area.top;
      while (row < area.bottom && isDark(column, row)) row += 1;
      if (row === area.bottom) return true;
    }
    return false;
  };
  return lines.map((line) => line.filter((word) => !isBorder(word)));
}

/** Words as sure as this tell how high the page's words are; fewer of them tell nothing. */
const surelyWord = 0.8;
const minSureWords = 5;
/** A small letter is half as high as a word. Letters flatter than this, long and rather wrong than right are a rule; a dash may be a minus. */
const flat = { height: 0.35, length: 3, below: 0.5 };

/** Lines without the letters that the engine sees in rules, when a page that lies askew leaves nothing of a rule but flat pieces. Confidences are probabilities. */
export function dropFlatWords(lines: PlacedLines): PlacedLines {
  const heights = lines
    .flat()
    .filter(({ confidence }) => confidence >= surelyWord)
    .map(({ box }) => box[3])
    .sort((a, b) => a - b);
  if (heights.length < minSureWords) return lines;
  const usual = heights[heights.length >> 1] ?? 0;
  const isRule = ({ text, confidence, box: [, , width, height] }: PlacedWord) =>
    letterOrDigit.test(text) && confidence < flat.below && height < flat.height * usual && width >= flat.length * height;
  return lines.map((line) => line.filter((word) => !isRule(word)));
}
