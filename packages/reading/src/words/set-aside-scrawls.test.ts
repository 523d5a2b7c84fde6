import { describe, expect, it } from '@jest/globals';
import { prose } from '../testing/sheet.ts';
import type { PlacedLines, PlacedWord } from './page-words.ts';
import { setAsideScrawls } from './set-aside-scrawls.ts';

/** Words of one line, 30 px high unless told otherwise. */
function lineOf(text: string, confidence: number, height = 30): PlacedWord[] {
  return text.split(' ').map((word, index) => ({ text: word, confidence, box: [100 + 150 * index, 1_000, 140, height] }));
}

/** A letter with something among its lines. */
const letterWith = (line: PlacedWord[], confidence = 0.99): PlacedLines => {
  const printed = prose.map((text) => lineOf(text, confidence));
  return [...printed.slice(0, 4), line, ...printed.slice(4)];
};

const signature = lineOf('Yur drat. i. ech wo', 0.35, 90);

describe('setAsideScrawls', () => {
  it('sets aside what was read of a signature below a printed letter, and nothing else', () => {
    const letter = letterWith(signature);
    expect(setAsideScrawls(letter, ['eng'])).toEqual({ lines: letter.filter((line) => line !== signature), scrawls: [signature] });
  });

  it.each<[string, PlacedLines]>([
    ['a letter of an answer, written large', letterWith(lineOf('Bw', 0.2, 90))],
    ['a short word beside it', letterWith(lineOf('x yes', 0.2, 90))],
    ['words that may be right', letterWith(lineOf('Yur drat ech', 0.5, 90))],
    ['one word that is rather right', letterWith([...lineOf('Yur drat ech', 0.2, 90), ...lineOf('Paris', 0.7, 90)])],
    ['a common word', letterWith(lineOf('nenrtd sete if', 0.2, 90))],
    ['a number', letterWith(lineOf('nenrtd sete 42,', 0.2, 90))],
    ['badly read print', letterWith(lineOf('Yur drat ech', 0.2, 30))],
    ['a word as high as the print', letterWith([...lineOf('Yur drat ech', 0.2, 90), ...lineOf('jkl', 0.2, 30)])],
    ['a heading', letterWith(lineOf('Photosynthesis explained', 0.95, 90))],
    ['writing on a page that is badly read altogether', letterWith(signature, 0.82)],
    ['written answers that are much of the page', [...letterWith(signature), ...Array.from({ length: 6 }, () => signature)]],
    ['writing below less than twenty printed words', [lineOf(prose[0] ?? '', 0.99), lineOf('Yur dra', 0.2, 90)]],
  ])('leaves %s', (_, lines) => {
    expect(setAsideScrawls(lines, ['eng'])).toEqual({ lines, scrawls: [] });
  });

  it('leaves everything in a language whose common words it does not know', () => {
    const letter = letterWith(signature);
    expect(setAsideScrawls(letter, ['lat'])).toEqual({ lines: letter, scrawls: [] });
  });
});
