import type { PageReading } from '@gradeflow/contracts';
import { madePage } from '../testing/made-page.ts';

/** Pixels of the made page: A4 at 100 dpi. */
const page = { width: 827, height: 1169 };
const letter = 8;
const pitch = 20;
const left = 80;

/**
 * Lays text out as if it had been read from pages (for tests): `\n` is a line, an empty line is room, leading blanks are
 * indentation, `\f` a page break. Words are split at blanks.
 */
export function makePages(text: string): PageReading[] {
  return text.split('\f').map((pageText, i) => makePage(pageText.replace(/^\n|\n$/g, ''), i + 1));
}

function makePage(text: string, number: number): PageReading {
  const words: PageReading['words'] = [];
  let line = 0;
  text.split('\n').forEach((raw, row) => {
    const y = row === 0 ? 60 : 60 + row * pitch;
    let found = false;
    for (const match of raw.matchAll(/\S+/g)) {
      const width = match[0].length * letter;
      words.push({ text: match[0], confidence: 0.95, box: [left + match.index * letter, y, width, 14], line });
      found = true;
    }
    if (found) line++;
  });
  return madePage(number, page, words);
}
