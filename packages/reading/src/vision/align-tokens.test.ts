import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { alignTokens, foldToken } from './align-tokens.ts';
import { interpolateBoxes } from './interpolate-boxes.ts';

const token = fc.stringMatching(/^[a-e0-9]{1,5}[.,]?$/);
const tokens = fc.array(token, { maxLength: 30 });

describe('aligning what two have read', () => {
  it('keeps the order and gives each word one partner at most', () => {
    fc.assert(
      fc.property(tokens, tokens, (engine, model) => {
        const partners = alignTokens(engine, model);
        expect(partners).toHaveLength(model.length);
        const made = partners.filter((partner) => partner !== null);
        expect(made).toEqual([...new Set(made)].sort((a, b) => a - b));
        for (const partner of made) expect(engine[partner]).toBeDefined();
      }),
    );
  });

  it('finds every word again when one of the two has left out some', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(token, fc.boolean()), { maxLength: 30 }), (all) => {
        const engine = all.map(([text]) => text);
        const model = all.filter(([, stays]) => stays).map(([text]) => text);
        const partners = alignTokens(engine, model);
        expect(partners.map((partner) => foldToken(engine[partner ?? -1] ?? ''))).toEqual(model.map(foldToken));
        // … and the same the other way round.
        expect(alignTokens(model, engine).filter((partner) => partner !== null)).toHaveLength(model.length);
      }),
    );
  });

  it.each([
    ['misread letters', ['Tbe', 'qu1ck', 'fox'], ['The', 'quick', 'fox'], [0, 1, 2]],
    ['other words', ['|', 'wxyz', 'fox'], ['The', 'quick', 'fox'], [null, null, 2]],
    ['a word that cannot be made out', ['the', 'l0uis', 'fox'], ['the', '[?]', 'fox'], [0, 1, 2]],
    ['signs and points of numbers', ['-5', '.5'], ['5', '-5'], [null, 0]],
  ])('pairs what is alike and nothing else: %s', (_name, engine, model, partners) => {
    expect(alignTokens(engine, model)).toEqual(partners);
  });
});

describe('places of transcribed words', () => {
  const page = { width: 1_000, height: 1_400 };
  const box = fc
    .tuple(fc.nat(980), fc.nat(1_380), fc.integer({ min: 1, max: 300 }), fc.integer({ min: 1, max: 60 }))
    .map(([x, y, w, h]): [number, number, number, number] => [x, y, Math.min(w, page.width - x), Math.min(h, page.height - y)]);
  const words = fc.array(fc.record({ text: fc.stringMatching(/^\w{1,12}$/), box: fc.option(box) }), { minLength: 1, maxLength: 12 });

  it('are whole pixels inside the page, and a partner’s place is taken as it is', () => {
    fc.assert(
      fc.property(fc.array(words, { maxLength: 8 }), (lines) => {
        const known = lines.flat().flatMap(({ text, box: own }) => (own ? [{ text, box: own }] : []));
        const boxes = interpolateBoxes(lines, { ...page, known });
        expect(boxes.map((line) => line.length)).toEqual(lines.map((line) => line.length));
        for (const [row, line] of lines.entries())
          for (const [column, word] of line.entries()) {
            const [x, y, w, h] = boxes[row]?.[column] ?? [Number.NaN, 0, 0, 0];
            if (word.box) expect([x, y, w, h]).toEqual(word.box);
            expect([x, y, w, h].every(Number.isInteger)).toBe(true);
            expect(Math.min(x, y)).toBeGreaterThanOrEqual(0);
            expect(Math.min(w, h)).toBeGreaterThanOrEqual(1);
            expect(x + w).toBeLessThanOrEqual(page.width);
            expect(y + h).toBeLessThanOrEqual(page.height);
          }
      }),
    );
  });

  it('lie between the partners beside them, at their height', () => {
    const line = [
      { text: 'one', box: [100, 200, 60, 20] as [number, number, number, number] },
      { text: 'two', box: null },
      { text: 'three', box: null },
      { text: 'four', box: [400, 202, 60, 20] as [number, number, number, number] },
      { text: 'five', box: null },
    ];
    const known = [line[0], line[3]].flatMap((word) => (word?.box ? [{ text: word.text, box: word.box }] : []));
    const [placed = []] = interpolateBoxes([line], { ...page, known });
    const edges = placed.flatMap(([x, , w]) => [x, x + w]);
    expect(edges).toEqual([...edges].sort((a, b) => a - b));
    expect(placed.map(([, y, , h]) => [y, h])).toEqual([
      [200, 20],
      [200, 20],
      [200, 20],
      [202, 20],
      [202, 20],
    ]);
  });

  it('lie between the lines above and below when a whole line has no partner, and spread over the page when none has', () => {
    const known = [{ text: 'above', box: [100, 100, 100, 20] as [number, number, number, number] }];
    const [, between = []] = interpolateBoxes(
      [[{ text: 'above', box: [100, 100, 100, 20] }], [{ text: 'new', box: null }], [{ text: 'below', box: [100, 160, 100, 20] }]],
      { ...page, known },
    );
    expect(between[0]?.[1]).toBeGreaterThanOrEqual(120);
    expect((between[0]?.[1] ?? 0) + (between[0]?.[3] ?? 0)).toBeLessThanOrEqual(160);
    const tops = interpolateBoxes(
      Array.from({ length: 40 }, () => [{ text: 'alone', box: null }]),
      { ...page, known: [] },
    ).map((line) => line[0]?.[1]);
    expect(new Set(tops).size).toBe(40);
  });
});
