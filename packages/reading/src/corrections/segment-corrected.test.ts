import type { AnswerChange, PageReading } from '@gradeflow/contracts';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { type SheetCorrection, segmentCorrected } from './segment-corrected.ts';

/** A page of lines, each word 100 × 20 pixels on a grid. */
function pageOf(number: number, lines: string[]): PageReading {
  const words = lines.flatMap((text, line) =>
    text.split(' ').map((word, index) => ({
      ...{ text: word, confidence: 0.5, line },
      box: [100 + index * 110, 100 + line * 60, 100, 20] as [number, number, number, number],
    })),
  );
  const shape = {
    width: 1200,
    height: 1700,
    confidence: 0.5,
    engine: 'test',
    rotation: 0,
    lines: [],
    doubts: [],
    contentHash: null,
    failure: null,
  };
  return { number, ...shape, text: lines.join('\n'), words };
}

const sheet = [pageOf(1, ['1. the apple fals because of grawity', '2. It is 9.81 m/s^2', 'and no more'])];
const split = (...corrections: Array<[string | null, AnswerChange]>) => {
  const list: SheetCorrection[] = corrections.map(([number, change]) => ({ number, change }));
  const { pages, segmentation } = segmentCorrected(sheet, ['1', '2', '3'], {}, list);
  const answer = (number: string) => segmentation.answers.find((candidate) => candidate.number === number);
  return { pages, segmentation, answer, text: (number: string) => answer(number)?.text };
};

describe('a corrected sheet', () => {
  it('is the sheet itself without corrections', () => {
    expect(split().pages).toBe(sheet);
    expect(split().text('1')).toBe('the apple fals because of grawity');
  });

  it('reads corrected words, the later correction last, and leaves the given pages as they were', () => {
    const { text, pages } = split(
      ['1', { words: [{ page: 1, index: 6, text: 'gravy' }] }],
      ['2', { words: [{ page: 1, index: 6, text: 'gravity' }] }],
    );
    expect(text('1')).toBe('the apple fals because of gravity');
    expect(pages[0]?.words[6]).toMatchObject({ text: 'gravity', confidence: 1 });
    expect(sheet[0]?.words[6]).toMatchObject({ text: 'grawity', confidence: 0.5 });
  });

  it('finds an answer whose number was misread', () => {
    const misread = [pageOf(1, ['1. the apple', 'Z it is 9.81'])];
    const { segmentation } = segmentCorrected(misread, ['1', '2'], {}, [
      { number: '2', change: { words: [{ page: 1, index: 3, text: '2.' }] } },
    ]);
    expect(segmentation.answers.map(({ text }) => text)).toEqual(['the apple', 'it is 9.81']);
  });

  it('lays a written-out answer over the words that it is a reading of', () => {
    const { answer, pages, segmentation } = split(['1', { text: 'The apple falls\nonly because of gravity' }]);
    expect(answer('1')?.text).toBe('The apple falls\nonly because of gravity');
    expect(answer('1')?.words.map(({ index }) => index)).toEqual([1, 2, 3, 3, 4, 5, 6]);
    expect(pages[0]?.words.slice(1, 7).every(({ confidence }) => confidence === 1)).toBe(true);
    expect([segmentation.confirmed, segmentation.doubtful]).toEqual([['1'], []]);
  });

  it('gives what a person saw a place also where the machine saw nothing', () => {
    const { answer, pages } = split(['3', { text: 'forty two' }]);
    expect(answer('3')?.words.map(({ page, index }) => pages.find(({ number }) => number === page)?.words[index]?.box)).toEqual([
      [0, 0, 1200, 1700],
      [0, 0, 1200, 1700],
    ]);
  });

  it('gives assigned words to one answer and takes them from the other; a later text stands over them, an earlier one does not', () => {
    const assign = { assign: [{ page: 1, from: 12, to: 15 }] };
    const { text, segmentation } = split(['1', assign]);
    expect([text('1'), text('2')]).toEqual(['and no more', 'It is 9.81 m/s^2']);
    expect(segmentation.unassigned).toEqual([{ page: 1, from: 1, to: 7 }]);
    expect(split(['1', assign], ['1', { text: 'and no moor' }]).text('1')).toBe('and no moor');
    expect(split(['1', { text: 'and no moor' }], ['1', assign]).text('1')).toBe('and no more');
  });

  it('has every word in one place at most, and text at the places that it names, whatever was corrected', () => {
    const place = fc.record({ page: fc.constantFrom(1, 2), index: fc.nat(20), text: fc.constantFrom('2.', 'x y', 'gravity') });
    const range = fc.record({ page: fc.constantFrom(1, 2), from: fc.nat(16), to: fc.nat(18) });
    const change: fc.Arbitrary<AnswerChange> = fc.oneof(
      fc.array(place, { minLength: 1, maxLength: 3 }).map((words) => ({ words })),
      range.map((one) => ({ assign: [one] })),
      fc.constantFrom('', 'falls', 'because  of\nthe apple apple').map((text) => ({ text })),
    );
    const corrections = fc.array(fc.tuple(fc.constantFrom('1', '2', '3', null), change), { maxLength: 6 });
    fc.assert(
      fc.property(corrections, (list) => {
        const { segmentation } = split(...list);
        const written = new Set(segmentation.confirmed);
        const seen = segmentation.answers.flatMap(({ number, words }) =>
          written.has(number) ? [] : words.map(({ page, index }) => `${page}/${index}`),
        );
        expect(new Set(seen).size).toBe(seen.length);
        for (const { text, words } of segmentation.answers)
          for (const { start, end } of words) expect(text.slice(start, end).trim()).not.toBe('');
      }),
    );
  });
});
