import type { PageReading } from '@gradeflow/contracts';
import { madePage } from '../../testing/made-page.ts';
import type { MadeSheet } from './make-sheet.ts';
import { fontSize, type SetPage, type SetWord, sheetPage } from './typesetter.ts';

/** Pixels for a point: 145 dpi. */
const pixelsPerPoint = 145 / 72;

/** Where a set word lies on a page picture of the given width in pixels. */
export function boxOf(word: SetWord, pageWidth: number): [number, number, number, number] {
  const px = (points: number) => Math.round((points * pageWidth) / sheetPage.width);
  return [px(word.x), px(word.y - 0.72 * fontSize), px(word.width), px(0.9 * fontSize)];
}

/** The pages as a text layer gives them: every word right, row by row. */
export function readPerfectly(sheet: MadeSheet): PageReading[] {
  return sheet.pages.map((page, i) => readPage(page, i + 1, sheet.readAcross));
}

function readPage(page: SetPage, number: number, across: boolean): PageReading {
  const rows: SetWord[][] = [];
  const key = (word: SetWord) => (across ? `y${word.y}` : `r${word.row}`);
  for (const word of across ? page.words.toSorted((a, b) => a.y - b.y || a.x - b.x) : page.words) {
    const last = rows.at(-1);
    if (last?.[0] && key(last[0]) === key(word)) last.push(word);
    else rows.push([word]);
  }
  const width = Math.round(sheetPage.width * pixelsPerPoint);
  const words = rows.flatMap((row, line) => row.map((word) => ({ text: word.text, confidence: 0.95, box: boxOf(word, width), line })));
  return madePage(number, { width, height: Math.round(sheetPage.height * pixelsPerPoint) }, words);
}
