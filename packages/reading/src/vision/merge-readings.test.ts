import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { mergeReadings } from './merge-readings.ts';
import { pageOf } from './testing/pages.ts';

const said = (lines: readonly string[], confidence: number | null = null) => lines.map((line) => ({ words: line.split(' '), confidence }));
const none = new Set<number>();
const merge = (
  page: ReturnType<typeof pageOf>,
  lines: readonly string[],
  hidden: ReadonlySet<number> = none,
  confidence: number | null = null,
) => {
  const merged = mergeReadings(page, hidden, said(lines, confidence), 'eyes');
  if (merged.kind === 'refused') throw new Error(merged.reason);
  return merged;
};
const wordOf = ({ reading }: ReturnType<typeof merge>, text: string) => reading.words.find((word) => word.text === text);

describe('two readings of a page', () => {
  it('that agree make one that can be trusted, in the places of the engine', () => {
    const page = pageOf(['Light is refracted', 'at the surface'], 0.5);
    const { reading, agreement } = merge(page, ['Light is refracted', 'at the surface.']);
    expect(agreement).toBe(1);
    expect(reading).toMatchObject({ doubts: [], engine: 'engine + vision eyes', text: 'Light is refracted\nat the surface.' });
    expect(reading.words.map(({ box }) => box)).toEqual(page.words.map(({ box }) => box));
    expect(reading.confidence).toBeGreaterThan(0.9);
  });

  it('that differ leave the page in doubt, and every word of the model alone below what marks are built on', () => {
    const merged = merge(pageOf(['Lrght 1s xqzt', 'wv ~~ kkj'], 0.4), ['Light is refracted', 'at the surface']);
    expect(merged.reading.doubts).toEqual(['LOW_CONFIDENCE']);
    expect(merged.reading.text).toBe('Light is refracted\nat the surface');
    for (const word of merged.reading.words) expect(word.confidence).toBeLessThan(0.75);
    expect(wordOf(merged, 'surface')?.confidence).toBeGreaterThan(0.5);
  });

  it('never make a page trusted that the model made up, whatever it says of itself', () => {
    const words = fc.stringMatching(/^[f-m]{4,9}$/);
    fc.assert(
      fc.property(fc.array(words, { minLength: 1, maxLength: 40 }), fc.array(words, { minLength: 1, maxLength: 40 }), (read, invented) => {
        const page = pageOf([read.map((word) => word.replace(/./g, 'z')).join(' ')], 0.6);
        const merged = mergeReadings(page, none, said([invented.join(' ')], 1), 'eyes');
        if (merged.kind === 'refused') return;
        expect(merged.reading.doubts).toEqual(page.doubts);
        for (const { confidence } of [merged.reading, ...merged.reading.lines, ...merged.reading.words])
          expect(confidence).toBeLessThanOrEqual(0.6 + 1e-9);
      }),
    );
  });

  it('keep the words of the model in their order, one by one', () => {
    const lines = fc.array(fc.stringMatching(/^[a-c]{1,4}( [a-c]{1,4}){0,4}$/), { minLength: 1, maxLength: 6 });
    fc.assert(
      fc.property(lines, lines, (read, transcribed) => {
        expect(merge(pageOf(read, 0.5), transcribed).reading.text).toBe(transcribed.join('\n'));
      }),
    );
  });

  it('are refused as one when the model says nothing, or leaves out most of what the engine is sure of', () => {
    const page = pageOf(['Newton found that force equals mass times acceleration'], 0.95);
    expect(mergeReadings(page, none, [], 'eyes')).toEqual({ kind: 'refused', reason: 'no-text' });
    const invented = mergeReadings(page, none, said(['The cat sat on the mat and all was well']), 'eyes');
    expect(invented).toEqual({ kind: 'refused', reason: 'contradicts-the-engine' });
  });

  it('keep a line that the engine is sure of and the model left out, at its height', () => {
    const page = pageOf(['Gravity pulls every apple down', 'Question seven alternative three', 'because masses attract each other'], 0.9);
    expect(merge(page, ['Gravity pulls every apple down', 'because masses attract each other']).reading.text).toBe(page.text);
  });

  it('keep what the model was not shown, behind its label', () => {
    const page = pageOf(['Name: Maria Keller', 'Light is refracted']);
    const { reading } = merge(page, ['Name:', 'Light is refracted'], new Set([1, 2]));
    expect(reading.text).toBe('Name: Maria Keller\nLight is refracted');
    expect(reading.words[1]).toEqual({ ...page.words[1], line: 0 });
    const alone = merge(page, ['Light is refracted'], new Set([0, 1, 2]));
    expect(alone.reading.text).toBe('Name: Maria Keller\nLight is refracted');
  });

  it('let the engine stand where it is sure and the model has put something right', () => {
    const merged = merge(pageOf(['the recieved photon'], 0.95), ['the received photon']);
    expect(merged.reading.text).toBe('the recieved photon');
    expect(wordOf(merged, 'recieved')?.confidence).toBeLessThan(0.75);
  });

  it('show what nobody can make out as such', () => {
    const page = pageOf(['the l0uis fox'], 0.7);
    const merged = merge(page, ['the [?] fox [?]']);
    expect(merged.reading.text).toBe('the l0uis fox [?]');
    expect(merged.reading.words.map(({ confidence }) => confidence)).toEqual([0.92, 0.4, 0.92, 0]);
  });

  it('take the model’s own doubt into account', () => {
    expect(wordOf(merge(pageOf(['xx'], 0.3), ['refracted'], none, 0.2), 'refracted')?.confidence).toBe(0.2);
  });
});
