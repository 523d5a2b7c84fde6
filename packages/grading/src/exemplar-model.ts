import { type ComparableText, likeness } from './text/similarity.ts';

export interface MarkedText {
  text: ComparableText;
  /** What the rules say without exemplars, 0–1. */
  base: number;
  /** What the teacher gave, 0–1. */
  fraction: number;
}

/** How far the teacher's mark (0–1) is expected to lie from what the rules say, with the likeness (0–1) of the most similar exemplar. */
export type ExemplarModel = (base: number, text: ComparableText) => { correction: number; nearest: number };

/** From this likeness on an answer is more and more taken for the exemplar itself; the same words get the same mark. */
const sameFrom = 0.9;
/** How far teacher and rules may differ in general, by how good an answer is, and for answers that are alike; and how much a single mark may be chance. Variances, relative to one another. */
const variance = { constant: 0.5, slope: 4, alike: 3, noise: 1 };

/**
 * Learns from marked exemplars how the teacher's marks differ from the rules': Gaussian process regression (Rasmussen and Williams 2006, algorithm 2.1) of the differences,
 * with a common offset, a slope over the rules' mark, and the likeness of answers as covariance. Few exemplars correct little, because chance is assumed in each.
 */
export function createExemplarModel(exemplars: readonly MarkedText[]): ExemplarModel {
  const covariance = (a: Omit<MarkedText, 'fraction'>, b: Omit<MarkedText, 'fraction'>, alike: number) =>
    variance.constant + variance.slope * (a.base - 0.5) * (b.base - 0.5) + variance.alike * alike ** 2;
  const matrix = exemplars.map((a, i) =>
    exemplars.map((b, j) => covariance(a, b, i === j ? 1 : likeness(a.text, b.text)) + (i === j ? variance.noise : 0)),
  );
  const weights = solve(
    matrix,
    exemplars.map(({ base, fraction }) => fraction - base),
  );
  return (base, text) => {
    let correction = 0;
    let nearest = 0;
    let nearestMark = 0;
    exemplars.forEach((exemplar, i) => {
      const alike = likeness(text, exemplar.text);
      if (alike > nearest) {
        nearest = alike;
        nearestMark = exemplar.fraction;
      }
      correction += (weights[i] as number) * covariance({ base, text }, exemplar, alike);
    });
    const sameness = Math.max(0, (nearest - sameFrom) / (1 - sameFrom));
    return { correction: (1 - sameness) * correction + sameness * (nearestMark - base), nearest };
  };
}

/** Solves a positive definite system by Cholesky decomposition. */
function solve(matrix: number[][], right: number[]): number[] {
  const n = right.length;
  const lower = matrix.map(() => new Array<number>(n).fill(0));
  const at = (rows: number[][], i: number, j: number) => (rows[i] as number[])[j] as number;
  for (let i = 0; i < n; i++) {
    for (let j = 0; j <= i; j++) {
      let sum = at(matrix, i, j);
      for (let k = 0; k < j; k++) sum -= at(lower, i, k) * at(lower, j, k);
      (lower[i] as number[])[j] = i === j ? Math.sqrt(Math.max(sum, 1e-9)) : sum / at(lower, j, j);
    }
  }
  const half: number[] = [];
  for (let i = 0; i < n; i++)
    half.push(((right[i] as number) - half.reduce((sum, value, k) => sum + at(lower, i, k) * value, 0)) / at(lower, i, i));
  const solution = new Array<number>(n).fill(0);
  for (let i = n - 1; i >= 0; i--) {
    let sum = half[i] as number;
    for (let k = i + 1; k < n; k++) sum -= at(lower, k, i) * (solution[k] as number);
    solution[i] = sum / at(lower, i, i);
  }
  return solution;
}
