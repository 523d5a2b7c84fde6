import type { CriterionResult } from '@gradeflow/contracts';
import { agreement } from '../agreement.ts';

export interface Judgement {
  score: number;
  maxScore: number;
  criteria: ReadonlyArray<Pick<CriterionResult, 'criterionId' | 'decision' | 'points'>>;
}

/** What machine and person say of one answer. */
export interface JudgedPair {
  machine: Judgement;
  human: Judgement;
  /** Drawn at random for review, not sent there by the machine's doubt. */
  sampled: boolean;
}

export interface AgreementFigures {
  n: number;
  /** n below 10: the figures say little. */
  few: boolean;
  agreed: number;
  /** Share of `agreed` with its 95 % Wilson interval; null without pairs. */
  exact: { value: number | null; low: number | null; high: number | null };
  /** Null where it is not defined: no pairs, or no spread in either's judgement. */
  kappa: number | null;
  /** Machine less person, on average, in points. */
  meanDifference: number | null;
}

/** Fewer pairs than this are said to be few. */
const fewPairs = 10;

/**
 * Marks of machine and people: exact agreement, quadratic weighted kappa, mean difference. Pairs of different `maxScore` (the question has changed between them) are left out.
 * `as: 'share'` takes the difference as a share of `maxScore`, to compare over questions.
 */
export function markAgreement(pairs: readonly JudgedPair[], as: 'points' | 'share' = 'points'): AgreementFigures {
  const same = pairs.filter(({ machine, human }) => machine.maxScore === human.maxScore && human.maxScore > 0);
  const marks = same.map(({ machine, human }) => ({ score: machine.score, humanScore: human.score, maxScore: human.maxScore }));
  const agreed = marks.filter(({ score, humanScore }) => Math.abs(score - humanScore) < 1e-6).length;
  const differences = marks.map(({ score, humanScore, maxScore }) => (score - humanScore) / (as === 'share' ? maxScore : 1));
  const kappa = marks.length === 0 ? null : agreement(marks, { resamples: 0 }).qwk.value;
  return figures(marks.length, agreed, kappa, differences);
}

/**
 * Decisions of machine and people about each criterion: exact agreement and Cohen's kappa over MET, PARTIAL and NOT_MET, mean difference in points. What the machine left UNCLEAR
 * is counted apart: it made no decision that could agree. A criterion that the person left as it was counts as confirmed.
 */
export function criterionAgreement(pairs: readonly JudgedPair[], criterionId: string): AgreementFigures & { unclear: number } {
  const of = (judgement: Judgement) => judgement.criteria.find((criterion) => criterion.criterionId === criterionId);
  const both = pairs.flatMap((pair) => {
    const [machine, human] = [of(pair.machine), of(pair.human)];
    return machine && human && human.decision !== 'UNCLEAR' ? [{ machine, human }] : [];
  });
  const decided = both.filter(({ machine }) => machine.decision !== 'UNCLEAR');
  const agreed = decided.filter(({ machine, human }) => machine.decision === human.decision).length;
  const kappa = cohensKappa(decided.map(({ machine, human }) => [machine.decision, human.decision]));
  const differences = decided.map(({ machine, human }) => machine.points - human.points);
  return { ...figures(decided.length, agreed, kappa, differences), unclear: both.length - decided.length };
}

function figures(n: number, agreed: number, kappa: number | null, differences: number[]): AgreementFigures {
  const meanDifference = n === 0 ? null : differences.reduce((sum, difference) => sum + difference, 0) / n;
  return { n, few: n < fewPairs, agreed, exact: wilson(agreed, n), kappa, meanDifference };
}

/** Cohen 1960: agreement beyond what the two judges' own shares of each category would give by chance. */
function cohensKappa(pairs: ReadonlyArray<readonly [string, string]>): number | null {
  const n = pairs.length;
  if (n === 0) return null;
  const share = (which: 0 | 1, category: string) => pairs.filter((pair) => pair[which] === category).length / n;
  const categories = [...new Set(pairs.flat())];
  const expected = categories.reduce((sum, category) => sum + share(0, category) * share(1, category), 0);
  const observed = pairs.filter(([a, b]) => a === b).length / n;
  return expected > 1 - 1e-12 ? null : (observed - expected) / (1 - expected);
}

/** Wilson score interval, 95 %: honest for small n and for shares near 0 and 1. */
function wilson(successes: number, n: number): AgreementFigures['exact'] {
  if (n === 0) return { value: null, low: null, high: null };
  const z = 1.959964;
  const value = successes / n;
  const middle = (value + (z * z) / (2 * n)) / (1 + (z * z) / n);
  const half = (z / (1 + (z * z) / n)) * Math.sqrt((value * (1 - value)) / n + (z * z) / (4 * n * n));
  return { value, low: Math.max(0, middle - half), high: Math.min(1, middle + half) };
}
