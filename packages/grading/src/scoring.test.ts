import { type Criterion, Rubric } from '@gradeflow/contracts';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { type DecidedCriterion, scoreCriteria } from './scoring.ts';

const met = (criterionId: string): DecidedCriterion => ({ criterionId, decision: 'MET', fraction: 1 });
const rubricOf = (criteria: Array<Partial<Criterion> & { id: string; points: number }>, details: object = {}) =>
  Rubric.parse({
    criteria: criteria.map((criterion) => ({ description: 'd', match: { type: 'manual' }, ...criterion })),
    ...details,
  });
const score = (rubric: Rubric, decided: DecidedCriterion[], maxScore = 10) => scoreCriteria(rubric, decided, maxScore).score;

describe('scoreCriteria', () => {
  it('sums fractions of points from 0 and rounds halves upwards to the step', () => {
    const rubric = rubricOf([
      { id: 'a', points: 1 },
      { id: 'b', points: 0.5 },
    ]);
    expect(score(rubric, [met('a'), { criterionId: 'b', decision: 'PARTIAL', fraction: 0.5 }])).toBe(1.5);
    expect(score(rubric, [{ criterionId: 'b', decision: 'PARTIAL', fraction: 0.4 }])).toBe(0);
  });

  it('subtracts from maxScore under negative scoring, never below the floor', () => {
    const rubric = rubricOf(
      [
        { id: 'a', points: -1.5 },
        { id: 'b', points: -20 },
      ],
      { scoring: 'negative' },
    );
    expect(score(rubric, [met('a')])).toBe(8.5);
    expect(score(rubric, [met('a'), met('b')])).toBe(0);
  });

  it('counts UNCLEAR and missing decisions as nothing', () => {
    const rubric = rubricOf([{ id: 'a', points: 3 }]);
    expect(score(rubric, [{ criterionId: 'a', decision: 'UNCLEAR', fraction: 1 }])).toBe(0);
    expect(score(rubric, [])).toBe(0);
  });

  it('counts a criterion only when everything that it requires is MET', () => {
    const rubric = rubricOf([
      { id: 'a', points: 1 },
      { id: 'b', points: 2, requires: ['a'] },
    ]);
    expect(score(rubric, [met('b')])).toBe(0);
    expect(score(rubric, [met('b'), { criterionId: 'a', decision: 'PARTIAL', fraction: 0.5 }])).toBe(0.5);
    expect(score(rubric, [met('a'), met('b')])).toBe(3);
  });

  it('counts what a MET criterion excludes as 0, and of two that exclude each other keeps the one worth more', () => {
    const oneWay = rubricOf([
      { id: 'a', points: 1, excludes: ['b'] },
      { id: 'b', points: 4 },
    ]);
    expect(score(oneWay, [met('a'), met('b')])).toBe(1);
    const mutual = rubricOf([
      { id: 'a', points: 1, excludes: ['b'] },
      { id: 'b', points: 4, excludes: ['a'] },
    ]);
    expect(score(mutual, [met('a'), met('b')])).toBe(4);
  });

  it.each([
    ['sum', {}, 6],
    ['exclusive', {}, 3],
    ['max', {}, 3],
    ['bestN', { n: 2 }, 5],
    ['sum', { cap: 4 }, 4],
    ['bestN', { n: 2, cap: 4.5 }, 4.5],
  ])('keeps of a %s group with %j %d points of 3 + 2 + 1', (rule, details, expected) => {
    const rubric = rubricOf(
      [3, 2, 1].map((points) => ({ id: `c${points}`, points, group: 'g' })),
      { groups: [{ id: 'g', rule, ...details }] },
    );
    const result = scoreCriteria(rubric, [met('c1'), met('c2'), met('c3')], 10);
    expect(result.score).toBe(expected);
    expect([...result.points.values()].reduce((sum, points) => sum + points, 0)).toBeCloseTo(expected);
  });

  const ids = ['a', 'b', 'c', 'd', 'e'];
  const arbitrary = fc
    .record({
      scoring: fc.constantFrom('positive' as const, 'negative' as const),
      step: fc.constantFrom(0.1, 0.25, 0.5, 1, 0.3),
      floor: fc.constantFrom(-2, 0, 1),
      ceiling: fc.option(fc.constantFrom(1.5, 4, 9.7), { nil: undefined }),
      groups: fc.array(
        fc.record({
          rule: fc.constantFrom('sum', 'exclusive', 'max', 'bestN'),
          n: fc.integer({ min: 1, max: 3 }),
          cap: fc.option(fc.double({ min: 0, max: 3, noNaN: true }), { nil: undefined }),
        }),
        { maxLength: 2 },
      ),
      criteria: fc.array(
        fc.record({
          points: fc.double({ min: -3, max: 3, noNaN: true }),
          group: fc.option(fc.integer({ min: 0, max: 1 })),
          requires: fc.subarray(ids),
          excludes: fc.subarray(ids),
        }),
        { minLength: 1, maxLength: 5 },
      ),
      decisions: fc.array(
        fc.record({
          decision: fc.constantFrom('MET', 'PARTIAL', 'NOT_MET', 'UNCLEAR'),
          fraction: fc.double({ min: -1, max: 2, noNaN: true }),
        }),
        { minLength: 5, maxLength: 5 },
      ),
    })
    .map(({ decisions, criteria, groups, ...fields }) => {
      const rubric = rubricOf(
        criteria.map(({ group, ...criterion }, index) => ({
          id: ids[index] as string,
          ...criterion,
          group: group !== null && groups[group] ? `g${group}` : null,
        })),
        { ...fields, groups: groups.map((group, index) => ({ id: `g${index}`, ...group })) },
      );
      return {
        rubric,
        decided: decisions.map((decision, index) => ({ criterionId: ids[index] as string, ...decision })) as DecidedCriterion[],
      };
    });

  it('stays between floor and ceiling, on the step or at a bound, and is what the counted points add up to', () => {
    fc.assert(
      fc.property(arbitrary, ({ rubric, decided }) => {
        const result = scoreCriteria(rubric, decided, 10);
        const ceiling = Math.min(rubric.ceiling ?? 10, 10);
        expect(result.score).toBeGreaterThanOrEqual(rubric.floor);
        expect(result.score).toBeLessThanOrEqual(ceiling);
        const steps = result.score / rubric.step;
        expect(Math.abs(steps - Math.round(steps)) < 1e-6 || result.score === rubric.floor || result.score === ceiling).toBe(true);
        const sum = [...result.points.values()].reduce((total, points) => total + points, 0);
        expect(result.rawScore).toBeCloseTo((rubric.scoring === 'negative' ? 10 : 0) + sum, 9);
        for (const { criterionId, decision } of decided)
          if (decision !== 'MET' && decision !== 'PARTIAL') expect(result.points.get(criterionId) ?? 0).toBe(0);
      }),
      { numRuns: 500 },
    );
  });

  it('does not depend on the order of the decisions', () => {
    fc.assert(
      fc.property(arbitrary, ({ rubric, decided }) => {
        expect(scoreCriteria(rubric, [...decided].reverse(), 10)).toEqual(scoreCriteria(rubric, decided, 10));
      }),
    );
  });
});
