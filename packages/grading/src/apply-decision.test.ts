import { Question, type QuestionResult } from '@gradeflow/contracts';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { applyDecision } from './apply-decision.ts';

const id = '01900000-0000-7000-8000-000000000001';
const manual = { type: 'manual' };
const question = Question.parse({
  ...{ id, number: '1', maxScore: 3 },
  rubric: {
    criteria: [
      { id: 'a', description: 'a', points: 2, match: manual },
      { id: 'b', description: 'b', points: 1, match: manual, requires: ['a'] },
    ],
  },
});
const bare = Question.parse({ id, number: '2', maxScore: 4 });
const machine: QuestionResult = {
  ...{ questionId: id, number: '1', score: 2, maxScore: 3, confidence: 0.5, needsReview: true, answerText: 'x', feedback: 'why' },
  criteria: [
    { criterionId: 'a', decision: 'MET', points: 2, fraction: 1, evidence: [{ page: 1, box: [0, 0, 1, 1], text: 'x' }] },
    { criterionId: 'b', decision: 'UNCLEAR', points: 0, fraction: 0, evidence: [] },
  ],
  reviewReasons: ['LOW_CONFIDENCE'],
  regions: [],
};
const faultsOf = (run: () => unknown) => {
  try {
    run();
    return [];
  } catch (error) {
    return ((error as { errors?: Array<{ path: string }> }).errors ?? []).map(({ path }) => path);
  }
};

describe('applyDecision', () => {
  it('keeps the criteria that the person left out, and adds up by the rubric', () => {
    const decided = applyDecision(question, machine, { criteria: [{ criterionId: 'b', decision: 'MET' }] });
    expect(decided).toMatchObject({ score: 3, confidence: 1, needsReview: false, reviewReasons: [], feedback: 'why' });
    expect(decided.criteria[0]).toMatchObject({ points: 2, evidence: [{ text: 'x' }] });
    const without = applyDecision(question, machine, {
      criteria: [
        { criterionId: 'a', decision: 'NOT_MET' },
        { criterionId: 'b', decision: 'MET' },
      ],
    });
    expect(without.criteria.map(({ points, evidence }) => [points, evidence.length])).toEqual([
      [0, 0],
      [0, 0],
    ]);
    expect(without.score).toBe(0);
  });

  it('still needs review while a criterion is UNCLEAR', () => {
    expect(applyDecision(question, machine, { feedback: 'well' })).toMatchObject({
      ...{ needsReview: true, score: 2, feedback: 'well', confidence: 0.5, reviewReasons: ['LOW_CONFIDENCE'] },
    });
    const sure = { ...machine, reviewReasons: [] };
    const doubted = applyDecision(question, sure, { criteria: [{ criterionId: 'a', decision: 'UNCLEAR' }] });
    expect(doubted).toMatchObject({ needsReview: true, reviewReasons: ['LOW_CONFIDENCE'], score: 0 });
  });

  it('adds the adjustment last and takes points where there are no criteria', () => {
    const partial = {
      criteria: [
        { criterionId: 'a', decision: 'PARTIAL' as const, points: 1.2 },
        { criterionId: 'b', decision: 'NOT_MET' as const },
      ],
    };
    expect(applyDecision(question, machine, { ...partial, adjustment: 0.25 })).toMatchObject({ score: 1.25, adjustment: 0.25 });
    expect(applyDecision(bare, machine, { points: 3.5 })).toMatchObject({ score: 3.5, maxScore: 4, needsReview: false });
  });

  it('keeps an adjustment that is left out, once; 0 and points of their own take it away', () => {
    const adjusted = applyDecision(bare, { ...machine, score: 2 }, { adjustment: 0.1 });
    const again = applyDecision(bare, adjusted, { feedback: 'seen' });
    expect(again).toMatchObject({ score: 2.1, adjustment: 0.1 });
    expect(applyDecision(bare, again, { adjustment: 0.2 })).toMatchObject({ score: 2.2, adjustment: 0.2 });
    expect(applyDecision(bare, again, { adjustment: 0 })).toMatchObject({ score: 2 });
    expect(applyDecision(bare, again, { points: 3 })).toMatchObject({ score: 3 });
    const metB = { criteria: [{ criterionId: 'b', decision: 'MET' as const }] };
    const first = applyDecision(question, machine, { ...metB, adjustment: -0.5 });
    expect(applyDecision(question, first, { feedback: 'seen' })).toMatchObject({ score: 2.5, adjustment: -0.5 });
  });

  it('names every fault at its place', () => {
    const criteria = [
      { criterionId: 'z', decision: 'MET' as const },
      { criterionId: 'a', decision: 'PARTIAL' as const },
      { criterionId: 'a', decision: 'MET' as const, points: 5 },
    ];
    expect(faultsOf(() => applyDecision(question, machine, { criteria, points: 1 }))).toEqual([
      '/points',
      '/criteria/0/criterionId',
      '/criteria/1/points',
      '/criteria/2/criterionId',
      '/criteria/2/points',
    ]);
    expect(faultsOf(() => applyDecision(question, machine, { adjustment: 2 }))).toEqual(['/adjustment']);
    expect(faultsOf(() => applyDecision(bare, machine, { points: 5 }))).toEqual(['/points']);
  });

  it('gives a mark from 0 to the question’s score or refuses, whatever is decided', () => {
    const one = (criterionId: string) =>
      fc.record({
        criterionId: fc.constant(criterionId),
        decision: fc.constantFrom('MET' as const, 'PARTIAL' as const, 'NOT_MET' as const),
        points: fc.double({ min: -1, max: 4, noNaN: true }),
      });
    fc.assert(
      fc.property(one('a'), one('b'), fc.double({ min: -5, max: 5, noNaN: true }), (a, b, adjustment) => {
        try {
          const { score } = applyDecision(question, machine, { criteria: [a, b], adjustment });
          expect(score).toBeGreaterThanOrEqual(0);
          expect(score).toBeLessThanOrEqual(3 + 1e-6);
        } catch (error) {
          expect(error).toMatchObject({ code: 'VALIDATION_FAILED' });
        }
      }),
    );
  });
});
