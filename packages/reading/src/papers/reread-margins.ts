import type { GreyImage, OcrEngine } from '../types.ts';
import { describeLines, type PlacedLines, type PlacedWord } from '../words/page-words.ts';
import { withMeaning } from '../words/word-confidence.ts';
import { layStrips, type RowStretch } from './margin-strips.ts';
import { guessMarks, readMark } from './marks.ts';
import { findMarksColumn, type MarksColumn } from './marks-column.ts';
import { behindNumber, isNoise, type PartStyle, scoreNumber, scorePart, startTokens } from './paper-labels.ts';
import { layOutRows, type PaperRow } from './paper-rows.ts';

/** Share of the width that numbers and the first words may take, and width of the marks in letters. */
const zones = { numbers: 0.36, marksLetters: 9 };
/** Digits alone are read in twice the size that is best for text. */
const marksEnlarged = 2;

/** A printed page has letters smaller than this and fewer rows; others are no papers, and their strips would take too much room. */
const largestLetterPx = 80;
const mostRows = 150;

/**
 * Reads the number column and the marks column of a paper once more. On a whole page single digits far from the text are lost, and rules of a
 * table are taken for letters; here the left ends and the marks of all rows are read as close lines of their own (see `layStrips`). What is
 * read there replaces what was read before where it says more. `copy` is a cleaned one (`cleanPaper`). Gives the page's rows, boxes in pixels of `picture`. Two calls of the engine.
 */
export async function rereadMargins(
  engine: OcrEngine,
  copy: GreyImage,
  lines: PlacedLines,
  picture: { width: number; height: number },
): Promise<PlacedLines> {
  const rows = layOutRows({ ...describeLines(lines), number: 1, width: picture.width });
  const scale = copy.width / picture.width;
  const letter = (rows[0]?.letter ?? 0) * scale;
  if (rows.length === 0 || letter > largestLetterPx || rows.length > mostRows) return lines;
  const column = findMarksColumn(rows, picture.width);
  const ends = rows.map((row) => ({ row, ...endsOf(row, column, picture.width, scale, copy.width) }));
  const read = async (stretches: RowStretch[], enlarge: number): Promise<PlacedWord[][]> => {
    const sheet = await layStrips(copy, stretches, { scale, pictureWidth: picture.width, enlarge });
    const found = withMeaning((await engine.recognise(sheet.image, 'block')).lines).flat();
    const words: PlacedWord[][] = stretches.map(() => []);
    for (const { text, confidence, box } of found) {
      const place = sheet.locate(box);
      if (place) words[place.index]?.push({ text, confidence, box: place.box });
    }
    return words;
  };
  const numbers = await read(
    ends.map(({ row, numbersTo }) => ({ row, from: 0, to: numbersTo })),
    1,
  );
  const marks = await read(
    ends.map(({ row, marks: { from, to } }) => ({ row, from, to })),
    marksEnlarged,
  );
  return ends.map((end, i) => mergeRow(end.row, numbers[i] ?? [], marks[i] ?? [], end.marks.from / scale));
}

/** Up to the second word of the text on the left; the marks column, or the last part of the page where none is known. Cuts lie between words. */
function endsOf(
  row: PaperRow,
  column: MarksColumn | null,
  width: number,
  scale: number,
  copyWidth: number,
): { numbersTo: number; marks: { from: number; to: number } } {
  const text = row.words.filter((word) => !isNoise(word));
  const second = text[1] ?? text[0];
  const next = second && row.words[row.words.indexOf(second) + 1];
  const right = second ? second.box[0] + second.box[2] : row.left + 12 * row.letter;
  const marksAt = column ? column.at(row.middle) : width * 0.88;
  const before = row.words.filter(({ box }) => box[0] < marksAt - row.letter && box[0] + box[2] < marksAt + row.letter / 2).at(-1);
  // Words that reach up to the marks end before them; marks as long as "1+4=5" begin before their column.
  const wide = row.words.find(
    ({ box }) => box[0] < marksAt - 2 * row.letter && box[0] + box[2] > marksAt + row.letter && box[2] < 6 * row.letter,
  );
  const narrow = Math.max(marksAt - 2 * row.letter, before ? before.box[0] + before.box[2] + 2 : 0);
  const from = wide ? wide.box[0] - 2 : narrow;
  const numbersTo = Math.min(next ? (right + next.box[0]) / 2 : right + row.letter / 2, zones.numbers * width, from);
  const to = column ? marksAt + zones.marksLetters * row.letter : width;
  return {
    numbersTo: Math.round(numbersTo * scale),
    marks: { from: Math.round(from * scale), to: Math.max(Math.round(from * scale), Math.min(copyWidth, Math.round(to * scale))) },
  };
}

/** The row with the better of both readings at each end. */
function mergeRow(row: PaperRow, numbers: PlacedWord[], margin: PlacedWord[], marksFrom: number): PlacedWord[] {
  const plain = (words: readonly PlacedWord[]): PlacedWord[] => words.map(({ text, confidence, box }) => ({ text, confidence, box }));
  const body = plain(row.words);
  const oldTail = body.filter(({ box }) => box[0] >= marksFrom);
  const rest = body.filter(({ box }) => box[0] < marksFrom);
  const newTail = plain(margin).filter(({ text }) => /[\p{L}\p{N}]/u.test(text));
  const tail = markCost(newTail, row) < markCost(oldTail, row) ? newTail : oldTail;
  const first = rest.findIndex((word) => !isNoise(word));
  const start = first < 0 ? rest.length : first;
  const edge = first < 0 ? Infinity : (rest[first]?.box[0] ?? Infinity);
  const newStart = first < 0 ? [] : plain(numbers).filter(({ box }) => box[0] + box[2] / 2 < edge);
  const better = startScore(row, newStart) > startScore(row, rest.slice(0, start)) + 0.4;
  const strokes = better ? [] : plain(row.strokes);
  return [...(better ? newStart : rest.slice(0, start)), ...rest.slice(start), ...tail, ...strokes].sort((a, b) => a.box[0] - b.box[0]);
}

/** How unlike marks the end of a row is: 0 for "5", about 1 for what cannot be marks. Nothing read is better than no marks. */
function markCost(words: readonly PlacedWord[], row: PaperRow): number {
  if (words.length === 0) return 1;
  const text = words.map(({ text: part }) => part).join('');
  if (words.some(({ box }) => box[3] > row.letter * 2.5)) return 2;
  const exact = readMark(text);
  const least = Math.min(...words.map(({ confidence }) => confidence));
  if (exact !== null) return 0.1 * (1 - least) + (exact > 20 ? 0.5 : 0);
  return 0.1 + (guessMarks(text)[0]?.cost ?? 1.5);
}

const styles: PartStyle[] = ['letter', 'roman'];

/** How well the words at the start of a row read as a number and a part. */
function startScore(row: PaperRow, words: readonly PlacedWord[]): number {
  const tokens = startTokens({ ...row, words: words.map((word) => ({ ...word, line: 0 })), strokes: [] });
  let score = 0;
  for (const { text, keyword } of tokens.slice(0, 2)) {
    const digits = /\d{1,2}/.exec(text)?.[0];
    const number = digits === undefined ? 0 : (scoreNumber({ text, keyword }, Number(digits)) ?? 0);
    const parts = styles.flatMap((style) => Array.from({ length: 12 }, (_, i) => scorePart(text, style, i + 1) ?? 0));
    const both = number > 0 && behindNumber(text) !== null ? 1 : 0;
    score += Math.max(number, ...parts, -0.5) + both;
  }
  return score - Math.max(0, tokens.length - 2);
}
