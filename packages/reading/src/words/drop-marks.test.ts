import { describe, expect, it } from '@jest/globals';
import { dropMarks } from './drop-marks.ts';

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
