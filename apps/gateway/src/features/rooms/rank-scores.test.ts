import { expect, it } from '@jest/globals';
import fc from 'fast-check';
import { rankScores } from './rank-scores.ts';

const entries = fc.array(fc.record({ displayName: fc.string(), score: fc.integer({ min: 0, max: 6 }) }), { maxLength: 30 });

it('a rank is one more than the number of better scores, whatever the order was', () => {
  fc.assert(
    fc.property(entries, (given) => {
      const ranked = rankScores(given);
      expect(ranked.map(({ displayName, score }) => ({ displayName, score }))).toEqual(
        expect.arrayContaining(given.map(({ displayName, score }) => ({ displayName, score }))),
      );
      expect(ranked).toHaveLength(given.length);
      for (const { rank, score } of ranked) expect(rank).toBe(1 + given.filter((other) => other.score > score).length);
      expect(ranked.map(({ rank }) => rank)).toEqual(ranked.map(({ rank }) => rank).toSorted((a, b) => a - b));
      expect(rankScores(given.toReversed())).toEqual(ranked);
    }),
  );
});
