import { likeness, type ModelText, mutualCoverage } from './text/similarity.ts';

/** What the rules say about an answer without exemplars. */
export interface RuledText {
  text: ModelText;
  /** 0–1. */
  base: number;
  /** 0–1 of each criterion in the order of the rubric; empty without a rubric. */
  criteria: number[];
}

export interface MarkedText extends RuledText {
  /** What the teacher gave, 0–1. */
  fraction: number;
}

/** How far the teacher's mark (0–1) is expected to lie from what the rules say, with the likeness (0–1) of the most similar exemplar. */
export type ExemplarModel = (answer: RuledText) => { correction: number; nearest: number };

/** From this likeness on an answer is more and more taken for the exemplar itself; the same words get the same mark. */
const sameFrom = 0.9;
/**
 * How far teacher and rules may differ in general, by how good an answer is, by how much the teacher cares for single criteria, and for answers that say the same; and how much a single mark may be
 * chance. Variances, relative to one another.
 */
const variance = { constant: 0.5, slope: 8, criteria: 4, alike: 3, noise: 1 };

/**
 * Learns from marked exemplars how the teacher's marks differ from the rules': Gaussian process regression (Rasmussen and Williams 2006, algorithm 2.1) of the differences,
 * with a common offset, slopes over the rules' mark and over each criterion (`weights`: their shares of the points), and what two answers have in common as covariance. Few exemplars correct little,
 * because chance is assumed in each.
 */
export function createExemplarModel(exemplars: readonly MarkedText[], weights: readonly number[]): ExemplarModel {
  const covariance = (a: RuledText, b: RuledText) =>
    variance.constant +
    variance.slope * (a.base - 0.5) * (b.base - 0.5) +
    variance.criteria * sameCriteria(a, b, weights) +
    variance.alike * mutualCoverage(a.text, b.text) ** 2;
  const matrix = exemplars.map((a, i) => exemplars.map((b, j) => covariance(a, b) + (i === j ? variance.noise : 0)));
  const differences = solve(
    matrix,
    exemplars.map(({ base, fraction }) => fraction - base),
  );
  return (answer) => {
    let correction = 0;
    let nearest = 0;
    let nearestMark = 0;
    exemplars.forEach((exemplar, i) => {
      const alike = likeness(answer.text.text, exemplar.text.text);
      if (alike > nearest) {
        nearest = alike;
        nearestMark = exemplar.fraction;
      }
      correction += (differences[i] as number) * covariance(answer, exemplar);
    });
    const sameness = Math.max(0, (nearest - sameFrom) / (1 - sameFrom));
    return { correction: (1 - sameness) * correction + sameness * (nearestMark - answer.base), nearest };
  };
}

/** A single criterion says no more than the mark does. */
function sameCriteria(a: RuledText, b: RuledText, weights: readonly number[]): number {
  if (weights.length < 2) return 0;
  return weights.reduce((sum, weight, i) => sum + weight * ((a.criteria[i] ?? 0) - 0.5) * ((b.criteria[i] ?? 0) - 0.5), 0);
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
