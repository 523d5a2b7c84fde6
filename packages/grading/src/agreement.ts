/** One mark beside a person's mark of the same answer. */
export interface MarkPair {
  score: number;
  humanScore: number;
  /** Both are divided by it; 1 when absent. */
  maxScore?: number;
  /** Whole groups (questions) are resampled together when there are at least 8 of them. */
  group?: string;
}

/** A figure with its 95 % bootstrap interval; null where it is not defined (too few pairs, no spread). */
export interface Figure {
  value: number | null;
  low: number | null;
  high: number | null;
}

export interface Agreement {
  n: number;
  pearson: Figure;
  /** On the 0–1 scale. */
  rmse: Figure;
  /** Quadratic weighted kappa over `levels` equal steps. */
  qwk: Figure;
  levels: number;
}

type Point = { machine: number; human: number };

/**
 * Agreement of machine and people: Pearson's r, root mean square error on the 0–1 scale and quadratic weighted kappa (Cohen 1968), each with a
 * percentile bootstrap interval. Seeded: the same pairs give the same figures. Kappa's levels come from the human marks unless given.
 */
export function agreement(pairs: readonly MarkPair[], options: { resamples?: number; seed?: number; levels?: number } = {}): Agreement {
  const { resamples = 1000, seed = 20_240_601 } = options;
  const points = pairs.map((pair) => ({ machine: pair.score / (pair.maxScore ?? 1), human: pair.humanScore / (pair.maxScore ?? 1) }));
  const levels = options.levels ?? levelsOf(points);
  const clusters = clustersOf(pairs, points);
  const random = mulberry32(seed);
  const measures = [pearson, rmse, (sample: Point[]) => quadraticKappa(sample, levels)];
  const resampled: number[][] = measures.map(() => []);
  for (let r = 0; r < resamples && clusters.length > 1; r++) {
    const sample: Point[] = [];
    for (let i = 0; i < clusters.length; i++) sample.push(...(clusters[Math.floor(random() * clusters.length)] as Point[]));
    measures.forEach((measure, m) => {
      const value = measure(sample);
      if (value !== null) resampled[m]?.push(value);
    });
  }
  const [p, e, k] = measures.map((measure, m) => figure(measure(points), resampled[m] as number[])) as [Figure, Figure, Figure];
  return { n: pairs.length, pearson: p, rmse: e, qwk: k, levels };
}

function figure(value: number | null, resampled: number[]): Figure {
  if (value === null || resampled.length === 0) return { value, low: null, high: null };
  const sorted = resampled.sort((a, b) => a - b);
  const at = (share: number) => sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? null;
  return { value, low: at(0.025), high: at(0.975) };
}

function clustersOf(pairs: readonly MarkPair[], points: Point[]): Point[][] {
  const byGroup = new Map<string, Point[]>();
  points.forEach((point, index) => {
    const group = pairs[index]?.group ?? `#${index}`;
    byGroup.set(group, [...(byGroup.get(group) ?? []), point]);
  });
  return byGroup.size >= 8 ? [...byGroup.values()] : points.map((point) => [point]);
}

/** Smallest of 1, 2, 3, 4, 5 and 10 steps on which nearly all human marks lie; 10 when none fits. */
function levelsOf(points: Point[]): number {
  const fits = (steps: number) => points.filter(({ human }) => Math.abs(human * steps - Math.round(human * steps)) < 0.01).length;
  return [1, 2, 3, 4, 5].find((steps) => fits(steps) >= 0.95 * points.length) ?? 10;
}

function mean(values: number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

function pearson(points: Point[]): number | null {
  if (points.length < 2) return null;
  const meanX = mean(points.map((p) => p.machine));
  const meanY = mean(points.map((p) => p.human));
  let xx = 0;
  let yy = 0;
  let xy = 0;
  for (const { machine, human } of points) {
    xx += (machine - meanX) ** 2;
    yy += (human - meanY) ** 2;
    xy += (machine - meanX) * (human - meanY);
  }
  return xx < 1e-12 || yy < 1e-12 ? null : xy / Math.sqrt(xx * yy);
}

function rmse(points: Point[]): number | null {
  if (points.length === 0) return null;
  return Math.sqrt(mean(points.map(({ machine, human }) => (machine - human) ** 2)));
}

function quadraticKappa(points: Point[], levels: number): number | null {
  if (points.length === 0) return null;
  const level = (fraction: number) => Math.round(Math.min(Math.max(fraction, 0), 1) * levels);
  const size = levels + 1;
  const machine = new Array<number>(size).fill(0);
  const human = new Array<number>(size).fill(0);
  let observed = 0;
  for (const point of points) {
    const m = level(point.machine);
    const h = level(point.human);
    machine[m] = (machine[m] as number) + 1;
    human[h] = (human[h] as number) + 1;
    observed += (m - h) ** 2;
  }
  let expected = 0;
  machine.forEach((countM, m) => {
    human.forEach((countH, h) => {
      expected += (countM * countH * (m - h) ** 2) / points.length;
    });
  });
  return expected === 0 ? null : 1 - observed / expected;
}

/** Small seeded generator (Tommy Ettinger's mulberry32): figures must be repeatable. */
function mulberry32(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
}
