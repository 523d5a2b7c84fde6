import { describe, expect, it } from '@jest/globals';
import { criterionAgreement, type JudgedPair, markAgreement } from './decision-agreement.ts';

type Decision = JudgedPair['human']['criteria'][number]['decision'];
const judged = (decision: Decision) => {
  const points = { MET: 2, PARTIAL: 1, NOT_MET: 0, UNCLEAR: 0 }[decision];
  return { score: points, maxScore: 2, criteria: [{ criterionId: 'a', decision, points }] };
};
const pairs = (machine: Decision, human: Decision, times: number): JudgedPair[] =>
  Array.from({ length: times }, () => ({ machine: judged(machine), human: judged(human), sampled: false }));

describe('criterionAgreement', () => {
  it('is Cohen’s kappa with a Wilson interval: the textbook table 20/5/10/15 gives 0.4 and .7 (.562 to .809)', () => {
    const table = [
      ...pairs('MET', 'MET', 20),
      ...pairs('MET', 'NOT_MET', 5),
      ...pairs('NOT_MET', 'MET', 10),
      ...pairs('NOT_MET', 'NOT_MET', 15),
    ];
    const figures = criterionAgreement(table, 'a');
    expect(figures).toMatchObject({ n: 50, few: false, agreed: 35, unclear: 0, exact: { value: 0.7 } });
    expect(figures.kappa).toBeCloseTo(0.4, 10);
    expect(figures.exact.low).toBeCloseTo(0.5625, 3);
    expect(figures.exact.high).toBeCloseTo(0.809, 3);
    expect(figures.meanDifference).toBeCloseTo((5 * 2 - 10 * 2) / 50, 10);
  });

  it('counts what the machine left open apart, and says when there is little to go by', () => {
    const figures = criterionAgreement([...pairs('UNCLEAR', 'MET', 4), ...pairs('MET', 'MET', 3), ...pairs('MET', 'UNCLEAR', 2)], 'a');
    expect(figures).toMatchObject({ n: 3, few: true, agreed: 3, unclear: 4, kappa: null, meanDifference: 0 });
    expect(criterionAgreement([], 'a')).toMatchObject({ n: 0, kappa: null, exact: { value: null }, meanDifference: null });
    expect(criterionAgreement(pairs('MET', 'MET', 1), 'gone').n).toBe(0);
  });
});

describe('markAgreement', () => {
  it('weighs how far apart the marks are, and leaves out answers whose question has changed', () => {
    const near = markAgreement([...pairs('MET', 'MET', 5), ...pairs('NOT_MET', 'NOT_MET', 5), ...pairs('PARTIAL', 'MET', 2)]);
    const far = markAgreement([...pairs('MET', 'MET', 5), ...pairs('NOT_MET', 'NOT_MET', 5), ...pairs('NOT_MET', 'MET', 2)]);
    expect(near).toMatchObject({ n: 12, agreed: 10 });
    expect(near.meanDifference).toBeCloseTo(-2 / 12, 10);
    expect(near.kappa ?? 0).toBeGreaterThan(far.kappa ?? 1);
    const [changed] = pairs('MET', 'MET', 1);
    if (changed) changed.human.maxScore = 4;
    expect(markAgreement(changed ? [changed] : [])).toMatchObject({ n: 0, kappa: null });
    expect(markAgreement(pairs('PARTIAL', 'MET', 2), 'share').meanDifference).toBe(-0.5);
  });
});
