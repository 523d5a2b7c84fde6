/** One word that was read: what the engine said of it, and whether it is right. `group`: words of one group are never in two folds. */
export interface LabelledWord {
  group: string;
  confidence: number;
  right: boolean;
}

export type Knots = Array<[number, number]>;

/** Narrow where the engine's confidences crowd. */
const edges = [0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.85, 0.9, 0.93, 0.95, 0.96, 0.965, 1.001];

/** Share of right words by the engine's confidence: means of the bins, neighbours put together until the shares rise. */
export function fitKnots(words: readonly LabelledWord[]): Knots {
  const bins: Array<{ confidence: number; right: number; count: number }> = [];
  for (const [index, from] of edges.slice(0, -1).entries()) {
    const inside = words.filter(({ confidence }) => confidence >= from && confidence < (edges[index + 1] ?? 2));
    if (inside.length === 0) continue;
    const confidence = inside.reduce((sum, word) => sum + word.confidence, 0);
    bins.push({ confidence, right: inside.filter(({ right }) => right).length, count: inside.length });
    for (let last = bins.at(-1), before = bins.at(-2); last && before && last.right * before.count < before.right * last.count; ) {
      bins.splice(-2, 2, {
        confidence: last.confidence + before.confidence,
        right: last.right + before.right,
        count: last.count + before.count,
      });
      last = bins.at(-1);
      before = bins.at(-2);
    }
  }
  return bins.map(({ confidence, right, count }) => [confidence / count, right / count]);
}

export function interpolate(knots: Knots, at: number): number {
  const above = knots.findIndex(([confidence]) => confidence >= at);
  const [x1, y1] = knots[above] ?? knots.at(-1) ?? [1, 1];
  const [x0, y0] = knots[above - 1] ?? [x1, y1];
  return x1 === x0 ? y1 : y0 + ((y1 - y0) * (at - x0)) / (x1 - x0);
}

export interface Reliability {
  /** Mean difference of promised and true share over ten bins, by their words. */
  ece: number;
  /** Probability that a right word has the higher confidence than a wrong one. */
  auc: number;
  /** Mean square of promise minus truth. */
  brier: number;
}

export function measureReliability(words: ReadonlyArray<{ promised: number; right: boolean }>): Reliability {
  const bins = Array.from({ length: 10 }, () => ({ promised: 0, right: 0 }));
  let brier = 0;
  for (const { promised, right } of words) {
    const bin = bins[Math.min(9, Math.floor(promised * 10))];
    if (bin) bin.promised += promised;
    if (bin && right) bin.right += 1;
    brier += (promised - Number(right)) ** 2;
  }
  const off = bins.reduce((sum, bin) => sum + Math.abs(bin.promised - bin.right), 0);
  return { ece: off / words.length, auc: rankAuc(words), brier: brier / words.length };
}

/** Mann-Whitney; words with equal confidence share their ranks. */
function rankAuc(words: ReadonlyArray<{ promised: number; right: boolean }>): number {
  const sorted = words.toSorted((a, b) => a.promised - b.promised);
  let ranks = 0;
  let count = 0;
  for (let from = 0; from < sorted.length; ) {
    let to = from;
    while (sorted[to]?.promised === sorted[from]?.promised && to < sorted.length) to += 1;
    const right = sorted.slice(from, to).filter((word) => word.right).length;
    ranks += (right * (from + to + 1)) / 2;
    count += right;
    from = to;
  }
  return (ranks - (count * (count + 1)) / 2) / (count * (words.length - count));
}

/** Promises for each word from a table that was fitted on the other four fifths of the groups. */
export function promiseByFolds(words: readonly LabelledWord[], folds = 5): Array<{ promised: number; right: boolean }> {
  const groups = [...new Set(words.map(({ group }) => group))].sort();
  const foldOf = new Map(groups.map((group, index) => [group, index % folds]));
  return Array.from({ length: folds }, (_, fold) => fold).flatMap((fold) => {
    const knots = fitKnots(words.filter(({ group }) => foldOf.get(group) !== fold));
    const own = words.filter(({ group }) => foldOf.get(group) === fold);
    return own.map(({ confidence, right }) => ({ promised: interpolate(knots, confidence), right }));
  });
}
