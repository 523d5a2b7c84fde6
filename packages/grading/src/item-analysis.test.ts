import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { analyseItems } from './item-analysis.ts';

/** Rows of halves of points, as many a row as there are maxima. */
const tables = fc
  .integer({ min: 2, max: 6 })
  .chain((width) =>
    fc.record({
      maxima: fc.array(fc.integer({ min: 1, max: 10 }), { minLength: width, maxLength: width }),
      rows: fc.array(fc.array(fc.integer({ min: 0, max: 20 }), { minLength: width, maxLength: width }), { minLength: 2, maxLength: 40 }),
    }),
  )
  .map(({ maxima, rows }) => ({ maxima, rows: rows.map((row) => row.map((mark, i) => Math.min(mark / 2, maxima[i] ?? 0))) }));

describe('analyseItems', () => {
  it('gives the figures of a worked example', () => {
    // Three candidates, three questions of a point each; sums 3, 2, 0.
    const figures = analyseItems(
      [
        [1, 1, 1],
        [1, 1, 0],
        [0, 0, 0],
      ],
      [1, 1, 1],
    );
    expect(figures.mean).toBeCloseTo(5 / 3, 12);
    expect(figures.sd).toBeCloseTo(Math.sqrt(7 / 3), 12);
    // Variances 1/3 each, of the sums 7/3: 3/2 · (1 − 1/(7/3)).
    expect(figures.alpha).toBeCloseTo(6 / 7, 12);
    expect(figures.items.map(({ facility }) => facility)).toEqual([2 / 3, 2 / 3, 1 / 3]);
    // The first against the rest (2, 1, 0), the third against (2, 2, 0).
    expect(figures.items[0]?.discrimination).toBeCloseTo(Math.sqrt(3) / 2, 12);
    expect(figures.items[2]?.discrimination).toBeCloseTo(0.5, 12);
    // Without the third two equal columns are left.
    expect(figures.items[2]?.alphaIfDeleted).toBeCloseTo(1, 12);
  });

  it('says nothing where nothing follows', () => {
    expect(analyseItems([], [1, 2])).toEqual({
      ...{ mean: null, sd: null, alpha: null },
      items: [1, 2].map((max) => ({ facility: null, discrimination: null, alphaIfDeleted: null, mean: null, max })),
    });
    expect(analyseItems([[1, 2]], [1, 2])).toMatchObject({ mean: 3, sd: null, alpha: null });
    expect(
      analyseItems(
        [
          [1, 2],
          [1, 2],
        ],
        [1, 2],
      ),
    ).toMatchObject({ sd: 0, alpha: null, items: [{ discrimination: null }, { discrimination: null }] });
    expect(analyseItems([[1], [0]], [1])).toMatchObject({
      alpha: null,
      items: [{ discrimination: null, alphaIfDeleted: null, facility: 0.5 }],
    });
  });

  it('facility is a share, discrimination a correlation, alpha at most 1', () => {
    fc.assert(
      fc.property(tables, ({ rows, maxima }) => {
        const { alpha, items } = analyseItems(rows, maxima);
        if (alpha !== null) expect(alpha).toBeLessThanOrEqual(1 + 1e-9);
        for (const item of items) {
          expect(item.facility).toBeGreaterThanOrEqual(0);
          expect(item.facility).toBeLessThanOrEqual(1);
          expect(Math.abs(item.discrimination ?? 0)).toBeLessThanOrEqual(1);
        }
      }),
    );
  });

  it('does not depend on the order of candidates, nor, but for the place, on that of questions', () => {
    const near = (a: number | null, b: number | null) => (a === null ? expect(b).toBeNull() : expect(b).toBeCloseTo(a, 8));
    fc.assert(
      fc.property(tables, ({ rows, maxima }) => {
        const figures = analyseItems(rows, maxima);
        const mirrored = analyseItems(
          rows.toReversed().map((row) => row.toReversed()),
          maxima.toReversed(),
        );
        near(figures.alpha, mirrored.alpha);
        near(figures.sd, mirrored.sd);
        mirrored.items.toReversed().forEach((item, i) => {
          near(figures.items[i]?.discrimination ?? null, item.discrimination);
          near(figures.items[i]?.alphaIfDeleted ?? null, item.alphaIfDeleted);
        });
      }),
    );
  });

  it('alpha if deleted is the alpha of the test without the question; alpha and sd scale as they should', () => {
    fc.assert(
      fc.property(tables, fc.integer({ min: 2, max: 5 }), ({ rows, maxima }, factor) => {
        const figures = analyseItems(rows, maxima);
        const without = analyseItems(
          rows.map((row) => row.slice(1)),
          maxima.slice(1),
        );
        expect(figures.items[0]?.alphaIfDeleted ?? null).toEqual(without.alpha === null ? null : expect.closeTo(without.alpha, 8));
        const scaled = analyseItems(
          rows.map((row) => row.map((mark) => mark * factor)),
          maxima.map((max) => max * factor),
        );
        if (figures.alpha !== null) expect(scaled.alpha).toBeCloseTo(figures.alpha, 8);
        expect(scaled.sd).toBeCloseTo((figures.sd ?? 0) * factor, 8);
      }),
    );
  });

  it('copies of one question agree wholly', () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(fc.integer({ min: 0, max: 10 }), { minLength: 2, maxLength: 10 }),
        fc.integer({ min: 2, max: 5 }),
        (marks, k) => {
          const figures = analyseItems(
            marks.map((mark) => Array<number>(k).fill(mark)),
            Array<number>(k).fill(10),
          );
          expect(figures.alpha).toBeCloseTo(1, 9);
          for (const item of figures.items) expect(item.discrimination).toBeCloseTo(1, 9);
        },
      ),
    );
  });
});
