import { describe, expect, it } from '@jest/globals';
import { dropBorders, dropFlatWords, dropMarks } from './drop-marks.ts';

/** `text:confidence` by spaces. */
const clean = (line: string) =>
  dropMarks(
    line.split(' ').map((word) => {
      const [text = '', confidence] = word.split(':');
      return { text, confidence: Number(confidence ?? 0.9), box: [0, 0, 1, 1] };
    }),
  )
    .map(({ text }) => text)
    .join(' ');

describe('what is surely no text', () => {
  it('goes: specks, and rules at the ends of a line, all of a line that has nothing else', () => {
    expect(clean('| 34 37 | —')).toBe('34 37');
    expect(clean('’:0.2 Answer ®@:0.28 here')).toBe('Answer here');
    expect(clean('| | _')).toBe('');
  });

  it('does not take along what may be an answer', () => {
    expect(clean('P(A | B) = ½')).toBe('P(A | B) = ½');
    expect(clean('x:0.1 7:0.05')).toBe('x 7');
    expect(clean('+ } - ?')).toBe('+ } - ?');
  });
});

describe('letters that are seen in rules', () => {
  const word = (text: string, confidence: number, width: number, height: number) => ({
    text,
    confidence,
    box: [0, 0, width, height] as [number, number, number, number],
  });
  const sure = ['The', 'reason', 'was', 'simple', 'enough'].map((text) => word(text, 0.98, 80, 24));

  it('are left out when they are flat, long and doubtful; dashes, small letters and short ones stay', () => {
    const kept = [word('—', 0.2, 60, 4), word('xx', 0.2, 40, 12), word('i', 0.3, 8, 4)];
    expect(dropFlatWords([[...sure], [word('ests', 0.15, 107, 4), ...kept]])).toEqual([sure, kept]);
  });

  it('are kept where too few words tell how high the words of the page are', () => {
    const lines = [sure.slice(1), [word('ests', 0.15, 107, 4)]];
    expect(dropFlatWords(lines)).toEqual(lines);
  });
});

describe('borders of cells', () => {
  it('are upright strokes that go on above and below their words; others are text', () => {
    const ink = { width: 100, height: 60, dark: new Uint8Array(6_000), mask: new Uint8Array(6_000), share: 0 };
    const stroke = (x: number, from: number, to: number) => {
      for (let y = from; y < to; y += 1) ink.dark[y * ink.width + x] = 1;
    };
    stroke(20, 5, 40);
    stroke(50, 20, 32);
    stroke(80, 20, 40);
    const word = (text: string, x: number) => ({ text, confidence: 0.9, box: [x, 20, 4, 12] as [number, number, number, number] });
    const line = [word('|', 18), word('A', 30), word('|', 48), word('B', 60), word('|', 78), word('7', 18)];
    expect(dropBorders([line], ink, { width: 100, height: 60 })).toEqual([line.slice(1)]);
  });
});
