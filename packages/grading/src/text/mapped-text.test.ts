import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { mappedTextOf, replaceStretches } from './mapped-text.ts';
import { spanOf } from './normalise.ts';

describe('replaceStretches', () => {
  it('keeps the place of everything, over several rounds', () => {
    const once = replaceStretches(mappedTextOf('Anna: a stone falls', 100), [{ start: 0, end: 4, by: '[P]' }]);
    const twice = replaceStretches(once, [{ start: 5, end: 7, by: '' }]);
    expect(twice.text).toBe('[P]: stone falls');
    expect(spanOf(twice, 0, 3)).toEqual({ start: 0, end: 4, quote: 'Anna' });
    expect(spanOf(twice, 5, 10)).toEqual({ start: 8, end: 13, quote: 'stone' });
  });

  it('leaves nothing of stretches that overlap, and no place outside of the text', () => {
    const stretch = fc.tuple(fc.nat(40), fc.nat(12)).map(([start, length]) => ({ start, end: start + length, by: '#' }));
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom('a', 'b', ' ', '.'), maxLength: 40 }), fc.array(stretch), (given, stretches) => {
        const { text, starts, ends } = replaceStretches(mappedTextOf(given, 30), stretches);
        const visible = given.slice(0, 30);
        const kept = [...visible].filter((_, at) => !stretches.some(({ start, end }) => start <= at && at < end)).join('');
        expect(text.replaceAll('#', '')).toBe(kept);
        expect([starts.length, ends.length]).toEqual([text.length, text.length]);
        [...text].forEach((character, at) => {
          expect(ends[at]).toBeGreaterThan(starts[at] as number);
          if (character !== '#') expect(given.slice(starts[at], ends[at])).toBe(character);
        });
      }),
    );
  });
});
