import { describe, expect, it } from '@jest/globals';
import { agreement } from './agreement.ts';

const pairs = [0, 1, 2, 3, 4, 5, 2, 4].map((humanScore, index) => ({
  humanScore,
  score: [0, 1, 1, 3, 5, 5, 2, 3][index] as number,
  maxScore: 5,
}));

describe('agreement', () => {
  it('gives the figures of a small set worked out by hand', () => {
    const result = agreement(pairs);
    // Sum of squared differences 3 over 8 pairs of 5 points.
    expect(result.rmse.value).toBeCloseTo(Math.sqrt(3 / 8) / 5, 10);
    expect(result.pearson.value).toBeCloseTo(0.9391, 3);
    // 1 - 8·3 / Σ n_m n_h (m - h)² = 1 - 24 / 380.
    expect(result.qwk.value).toBeCloseTo(0.936, 2);
    expect(result).toMatchObject({ n: 8, levels: 5 });
  });

  it('brackets each figure and repeats itself exactly', () => {
    const result = agreement(pairs);
    for (const figure of [result.pearson, result.rmse, result.qwk]) {
      expect(figure.low as number).toBeLessThanOrEqual(figure.value as number);
      expect(figure.high as number).toBeGreaterThanOrEqual(figure.value as number);
    }
    expect(agreement(pairs)).toEqual(result);
  });

  it('says null where a figure is not defined', () => {
    expect(agreement([]).rmse.value).toBeNull();
    expect(
      agreement([
        { score: 1, humanScore: 1 },
        { score: 1, humanScore: 0 },
      ]).pearson.value,
    ).toBeNull();
  });

  it('is 1, 0, 1 for equal marks and below 0 for opposite ones', () => {
    const same = [0, 0.5, 1].map((score) => ({ score, humanScore: score }));
    expect(agreement(same)).toMatchObject({ pearson: { value: 1 }, rmse: { value: 0 }, qwk: { value: 1 } });
    const opposite = [0, 0.5, 1].map((score) => ({ score, humanScore: 1 - score }));
    expect(agreement(opposite).qwk.value as number).toBeLessThan(0);
  });
});
