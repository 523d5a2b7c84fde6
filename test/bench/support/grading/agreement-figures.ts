import { foldOf, folds, seededRandom } from './data.ts';

/** One answer with its machine mark and its human mark, both 0–1. */
export interface Marked {
  dataset: string;
  questionId: string;
  /** With a rubric or without: the two have different scales. */
  hasRubric: boolean;
  machine: number;
  human: number;
}

export interface Interval {
  value: number;
  low: number;
  high: number;
}

export function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / Math.max(1, values.length);
}

export function pearson(pairs: readonly Marked[]): number {
  const x = mean(pairs.map(({ machine }) => machine));
  const y = mean(pairs.map(({ human }) => human));
  let xx = 0;
  let yy = 0;
  let xy = 0;
  for (const { machine, human } of pairs) {
    xx += (machine - x) ** 2;
    yy += (human - y) ** 2;
    xy += (machine - x) * (human - y);
  }
  return xx < 1e-12 || yy < 1e-12 ? 0 : xy / Math.sqrt(xx * yy);
}

export function byQuestion(pairs: readonly Marked[]): Marked[][] {
  return [...Map.groupBy(pairs, ({ questionId }) => questionId).values()];
}

/** Mean correlation inside single questions: what a teacher sees. Questions where people gave everybody the same mark are left out. */
export function pearsonInside(pairs: readonly Marked[]): number {
  const spread = byQuestion(pairs).filter((list) => list.some(({ human }) => Math.abs(human - (list[0] as Marked).human) > 1e-9));
  return mean(spread.map(pearson));
}

/** Percentile bootstrap that resamples whole questions, or answers where there are fewer than eight questions. Seeded. */
export function interval(pairs: readonly Marked[], measure: (pairs: readonly Marked[]) => number, resamples: number): Interval {
  const groups = byQuestion(pairs);
  const clusters = groups.length >= 8 ? groups : pairs.map((pair) => [pair]);
  const random = seededRandom(20_240_601);
  const values = Array.from({ length: resamples }, () =>
    measure(
      clusters.flatMap((_, i) => relabel(clusters[Math.floor(random() * clusters.length)] as Marked[], groups.length >= 8 ? i : null)),
    ),
  ).sort((a, b) => a - b);
  return { value: measure(pairs), low: values[Math.floor(0.025 * resamples)] ?? 0, high: values[Math.floor(0.975 * resamples)] ?? 0 };
}

/** A question drawn twice is two questions. */
function relabel(cluster: Marked[], draw: number | null): Marked[] {
  return draw === null ? cluster : cluster.map((pair) => ({ ...pair, questionId: `${draw}` }));
}

/** Out-of-fold calibration: for each fold of questions a line (least squares) and a matching of mean and spread, fitted on the other folds of the same data set. */
export function calibrated(pairs: readonly Marked[]): { line: Marked[]; matched: Marked[] } {
  const line: Marked[] = [];
  const matched: Marked[] = [];
  for (let fold = 0; fold < folds; fold++) {
    const held = pairs.filter(({ questionId }) => foldOf(questionId) === fold);
    const others = pairs.filter(({ questionId }) => foldOf(questionId) !== fold);
    const from = others.length > 0 ? others : held;
    const x = mean(from.map(({ machine }) => machine));
    const y = mean(from.map(({ human }) => human));
    const sx = Math.sqrt(mean(from.map(({ machine }) => (machine - x) ** 2))) || 1;
    const sy = Math.sqrt(mean(from.map(({ human }) => (human - y) ** 2)));
    const slope = (pearson(from) * sy) / sx;
    for (const pair of held) {
      line.push({ ...pair, machine: clamp(y + slope * (pair.machine - x)) });
      matched.push({ ...pair, machine: clamp(y + (sy / sx) * (pair.machine - x)) });
    }
  }
  return { line, matched };
}

export function rmse(pairs: readonly Marked[]): number {
  return Math.sqrt(mean(pairs.map(({ machine, human }) => (machine - human) ** 2)));
}

/** Quadratic weighted kappa (Cohen 1968) over `levels` equal steps. */
export function kappa(pairs: readonly Marked[], levels: number): number {
  const level = (value: number) => Math.round(clamp(value) * levels);
  const machine = pairs.map((pair) => level(pair.machine));
  const human = pairs.map((pair) => level(pair.human));
  const observed = mean(machine.map((value, i) => (value - (human[i] as number)) ** 2));
  const mm = mean(machine);
  const mh = mean(human);
  const expected = mean(machine.map((v) => (v - mm) ** 2)) + mean(human.map((v) => (v - mh) ** 2)) + (mm - mh) ** 2;
  return expected === 0 ? 0 : 1 - observed / expected;
}

function clamp(value: number): number {
  return Math.min(1, Math.max(0, value));
}
