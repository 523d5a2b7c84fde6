import { expect, it } from '@jest/globals';
import fc from 'fast-check';
import { summarise } from './summarise.ts';

const counts = { RECEIVED: 0, PROCESSING: 1, GRADED: 3, NEEDS_REVIEW: 0, FAILED: 0 };
const questions = [
  { id: 'a', maxScore: 2 },
  { id: 'b', maxScore: 2 },
];
const result = (submissionId: string, questionId: string, score: number) => ({ submissionId, questionId, score, maxScore: 2 });

it('takes sums over all graded sheets, and analyses those that have a mark for every current question', () => {
  const totals = [
    { submissionId: '1', score: 4, maxScore: 4 },
    { submissionId: '2', score: 1, maxScore: 4 },
    { submissionId: '3', score: 1, maxScore: 2 },
  ];
  const results = [
    result('1', 'a', 2),
    result('1', 'b', 2),
    result('2', 'b', 0),
    result('2', 'a', 1),
    result('3', 'a', 1),
    result('3', 'gone', 0),
  ];
  const summary = summarise({ counts, totals, results }, questions);
  expect(summary).toMatchObject({ n: 3, mean: 2, counts });
  expect(summary.sd).toBeCloseTo(Math.sqrt(3), 12);
  // Of the first and the second alone: the third has no mark for b.
  expect(summary.questions).toEqual([
    { questionId: 'a', facility: 0.75, discrimination: 1, alphaIfDeleted: null, mean: 1.5, max: 2 },
    { questionId: 'b', facility: 0.5, discrimination: 1, alphaIfDeleted: null, mean: 1, max: 2 },
  ]);
  expect(summary.alpha).toBeCloseTo(2 * (1 - (0.5 + 2) / 4.5), 12);
});

it('puts every sheet with marks to reach into one bin; the best into the last', () => {
  fc.assert(
    fc.property(fc.array(fc.record({ score: fc.integer({ min: 0, max: 20 }), maxScore: fc.integer({ min: 0, max: 20 }) })), (marks) => {
      const totals = marks.map((mark, i) => ({ ...mark, submissionId: String(i) }));
      const { bins } = summarise({ counts, totals, results: [] }, []);
      expect(bins.map(({ from, to }) => [from, to])).toEqual(Array.from({ length: 10 }, (_, i) => [10 * i, 10 * i + 10]));
      expect(bins.reduce((sum, { count }) => sum + count, 0)).toBe(marks.filter(({ maxScore }) => maxScore > 0).length);
      expect(bins[9]?.count).toBeGreaterThanOrEqual(marks.filter(({ score, maxScore }) => maxScore > 0 && score >= maxScore).length);
    }),
  );
});
