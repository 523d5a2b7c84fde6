import { describe, expect, it } from '@jest/globals';
import { findInlineMark, findProduct, guessMarks, readMark } from './marks.ts';

describe('marks', () => {
  it.each([
    ['5', 5],
    ['2.5', 2.5],
    ['1+5', 6],
    ['2+3=5', 5],
    ['1848', null],
    ['2.52', null],
    ['B', null],
  ])('reads "%s" as printed', (text, value) => expect(readMark(text)).toBe(value));

  it.each([
    ['[5', 5],
    ['5|', 5],
    ['S', 5],
    ['342', 5],
    ['4+]', 5],
    ['1455', 5],
  ])('guesses what "%s" in the marks column was, and says that it guessed', (text, value) => {
    const guesses = guessMarks(text);
    expect(guesses.map((guess) => guess.value)).toContain(value);
    expect(guesses.find((guess) => guess.value === value)?.cost).toBeGreaterThan(0);
  });

  it.each([
    ['5x2=10', [5, 2], 10],
    ['8 x 5 = 40', [8, 5], 40],
    ['2.5×4', [2.5, 4], 10],
    ['qxS=15', [3, 5], 15],
    ['Ss3=15', [5, 3], 15],
  ])('multiplies "%s"', (text, factors, total) => {
    const product = findProduct(text);
    expect([product?.factors, product?.total]).toEqual([factors, total]);
  });

  it.each([
    ['Explain the law. [5]', 5],
    ['Explain the law. (5 marks)', 5],
    ['Explain the law. [2+2 = 4]', 4],
    ['Explain the law (2 points)', 2],
    ['int a[3] = f(4);', null],
    ['In f(3) the value is 4', null],
  ])('finds the marks in "%s"', (text, value) => expect(findInlineMark(text)?.value ?? null).toBe(value));
});
