import { describe, expect, it } from '@jest/globals';
import type { PlacedWord } from './page-words.ts';
import { placeWords, splitFallen, standsLikeText } from './place-words.ts';

const word = (text: string, x: number, y: number, width = 20 * text.length): PlacedWord => ({
  text,
  confidence: 1,
  box: [x, y, width, 30],
});
const textOf = (lines: PlacedWord[][]) => lines.map((line) => line.map(({ text }) => text).join(' '));

describe('placeWords', () => {
  it('puts a number in the margin before the line beside it, and its marks behind it', () => {
    const lines = [
      [word('Green', 100, 100), word('plants', 220, 100)],
      [word('make', 100, 140), word('food', 200, 140)],
    ];
    expect(textOf(placeWords(lines, [[word('2', 500, 142)], [word('1', 40, 99)]]))).toEqual(['1 Green plants', 'make food 2']);
  });

  it('makes a lone answer a line between its neighbours, in the column where it stands', () => {
    const left = [word('1.', 100, 100), word('Oxygen', 150, 100)];
    const leftEnd = [word('4.', 100, 300), word('Sugar', 150, 300)];
    const right = [word('5.', 900, 100), word('Water', 950, 100)];
    const lines = [left, leftEnd, right];
    const placed = placeWords(lines, [
      [word('6.', 900, 210), word('D', 960, 210)],
      [word('3.', 100, 200), word('C', 150, 200)],
    ]);
    expect(textOf(placed)).toEqual(['1. Oxygen', '3. C', '4. Sugar', '5. Water', '6. D']);
  });

  it('leaves what it was given as it was', () => {
    const lines = [[word('Green', 100, 100)]];
    placeWords(lines, [[word('1', 40, 100)]]);
    expect(textOf(lines)).toEqual(['Green']);
  });
});

describe('standsLikeText', () => {
  const at = (left: number, top: number) => ({ left, top, right: left + 20, bottom: top + 30 });
  const lines = [100, 140, 180, 220].map((top) => ({ left: 100, top, right: 900, bottom: top + 30 }));

  it('knows text by the line beside it or the margin above it', () => {
    expect(standsLikeText(at(60, 140), lines, [])).toBe(true);
    expect(standsLikeText(at(102, 600), lines, [])).toBe(true);
  });

  it('knows the lettering of a figure by neither', () => {
    expect(standsLikeText(at(340, 600), lines, [at(420, 640), at(380, 690)])).toBe(false);
  });
});

describe('splitFallen', () => {
  it('takes a line apart that runs down the page and doubts its words', () => {
    const fallen = splitFallen([
      [word('Qo', 100, 300), word('A', 100, 200), word('>', 100, 100)],
      [word('level', 400, 500), word('line', 520, 506)],
    ]);
    expect(textOf(fallen)).toEqual(['>', 'A', 'Qo', 'level line']);
    expect(fallen.flat().map(({ confidence }) => confidence)).toEqual([0.25, 0.25, 0.25, 1, 1]);
  });
});
