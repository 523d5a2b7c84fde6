/** Figures of one question by classical test theory. Null where the marks do not determine them. */
export interface ItemFigures {
  /** Mean share of the marks: 1 is the easiest. */
  facility: number | null;
  /** Pearson's correlation of the question with the sum of the others, so that it is not correlated with itself. */
  discrimination: number | null;
  /** Cronbach's alpha of the test without it. */
  alphaIfDeleted: number | null;
  mean: number | null;
  max: number;
}

export interface TestFigures {
  mean: number | null;
  /** Of the sample: divided by n − 1. */
  sd: number | null;
  alpha: number | null;
  /** In the order of the columns. */
  items: ItemFigures[];
}

/**
 * Item analysis of complete rows: one a candidate, one mark a question, `maxima` the reachable marks. `alpha` = k/(k−1) · (1 − Σ variances of the questions /
 * variance of the sums); variances are the sample's, which changes nothing in the quotient.
 */
export function analyseItems(rows: ReadonlyArray<readonly number[]>, maxima: readonly number[]): TestFigures {
  const columns = maxima.map((_, item) => rows.map((row) => row[item] ?? 0));
  const sums = rows.map((row) => row.reduce((sum, mark) => sum + mark, 0));
  const items = maxima.map((max, item): ItemFigures => {
    const marks = columns[item] ?? [];
    const rest = sums.map((sum, row) => sum - (marks[row] ?? 0));
    const mean = meanOf(marks);
    return {
      mean,
      max,
      facility: mean === null || max <= 0 ? null : mean / max,
      discrimination: columns.length < 2 ? null : correlation(marks, rest),
      alphaIfDeleted: alphaOf(columns.toSpliced(item, 1), rest),
    };
  });
  const variance = varianceOf(sums);
  return { mean: meanOf(sums), sd: variance === null ? null : Math.sqrt(variance), alpha: alphaOf(columns, sums), items };
}

export function meanOf(values: readonly number[]): number | null {
  return values.length === 0 ? null : values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** Of the sample; null below two values. */
export function varianceOf(values: readonly number[]): number | null {
  const mean = meanOf(values);
  if (mean === null || values.length < 2) return null;
  return values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (values.length - 1);
}

/** Less than this part of the squared marks is rounding, not spread. */
const rounding = 1e-12;

function isSpread(variance: number | null, values: readonly number[]): variance is number {
  return variance !== null && variance > rounding * (1 + Math.max(...values.map(Math.abs)) ** 2);
}

function alphaOf(columns: ReadonlyArray<readonly number[]>, sums: readonly number[]): number | null {
  const variance = varianceOf(sums);
  if (columns.length < 2 || !isSpread(variance, sums)) return null;
  const ofItems = columns.reduce((sum, column) => sum + (varianceOf(column) ?? 0), 0);
  return (columns.length / (columns.length - 1)) * (1 - ofItems / variance);
}

function correlation(a: readonly number[], b: readonly number[]): number | null {
  const [meanA, meanB, varianceA, varianceB] = [meanOf(a), meanOf(b), varianceOf(a), varianceOf(b)];
  if (meanA === null || meanB === null || !isSpread(varianceA, a) || !isSpread(varianceB, b)) return null;
  const covariance = a.reduce((sum, value, i) => sum + (value - meanA) * ((b[i] ?? 0) - meanB), 0) / (a.length - 1);
  return Math.max(-1, Math.min(1, covariance / Math.sqrt(varianceA * varianceB)));
}
