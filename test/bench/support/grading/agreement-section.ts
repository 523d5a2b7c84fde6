import { calibrated, type Interval, interval, kappa, type Marked, mean, pearson, pearsonInside, rmse } from './agreement-figures.ts';
import type { GradingData } from './data.ts';
import { misread } from './noise.ts';
import type { Scorers } from './scorers.ts';

/** Steps of the people's scales. */
export const levelsOf: Record<string, number> = {
  mohler: 5,
  scientsbank: 1,
  beetle: 1,
  'saf-en': 4,
  'saf-de': 4,
  digiklausur: 2,
  stita: 4,
};
const misreadRate = 0.05;

interface Columns {
  grader: Marked[];
  noisy: Marked[];
  baseline: Marked[];
  noisyBaseline: Marked[];
}

/** Agreement with people per data set: the grader and the reference on the same answers, clean and misread. */
export function agreementSection(data: GradingData, scorers: Scorers, { resamples }: { resamples: number }): string[] {
  const columns: Columns = { grader: [], noisy: [], baseline: [], noisyBaseline: [] };
  for (const row of data.answers) {
    const noisy = misread(row.answer, misreadRate, row.id);
    const grade = (answer: string) => scorers.grade(row, answer).score / row.maxScore;
    columns.grader.push(scorers.marked(row, grade(row.answer)));
    columns.noisy.push(scorers.marked(row, grade(noisy)));
    columns.baseline.push(scorers.marked(row, scorers.baseline(row)));
    columns.noisyBaseline.push(scorers.marked(row, scorers.baseline(row, noisy)));
  }
  const sets = [...new Set(data.answers.map((row) => row.dataset))];
  const rubricOf = (pairs: Marked[]) => pairs.filter((pair) => pair.dataset === 'mohler' && pair.hasRubric);
  return [
    '## Agreement with people',
    'Pearson over all answers of a set / mean inside single questions, with 95 % bootstrap intervals over questions; RMSE after a line, kappa (quadratic weights) after matching mean and spread, both fitted on the other folds;',
    `misread: ${misreadRate * 100} % of the characters, seeded. In brackets the reference.`,
    '',
    '| set | Pearson | inside questions | RMSE | kappa | misread: Pearson |',
    '|---|---|---|---|---|---|',
    ...sets.map((set) => setRow(set, columns, resamples)),
    meanRow(sets, columns),
    '',
    `Mohler, answers with a rubric only: ${shown(interval(rubricOf(columns.grader), pearson, resamples))} (${figure(pearson(rubricOf(columns.baseline)))}); two people agree with each other at 0.63.`,
    '',
  ];
}

function ofSet(pairs: Marked[], set: string): Marked[] {
  return pairs.filter(({ dataset }) => dataset === set);
}

function setRow(set: string, columns: Columns, resamples: number): string {
  const grader = ofSet(columns.grader, set);
  const baseline = ofSet(columns.baseline, set);
  const [g, b] = [calibrated(grader), calibrated(baseline)];
  const levels = levelsOf[set] ?? 4;
  return `| ${[
    `${set} (${grader.length})`,
    `${shown(interval(grader, pearson, resamples))} (${figure(pearson(baseline))})`,
    `${shown(interval(grader, pearsonInside, resamples))} (${figure(pearsonInside(baseline))})`,
    `${figure(rmse(g.line))} (${figure(rmse(b.line))})`,
    `${figure(kappa(g.matched, levels))} (${figure(kappa(b.matched, levels))})`,
    `${figure(pearson(ofSet(columns.noisy, set)))} (${figure(pearson(ofSet(columns.noisyBaseline, set)))})`,
  ].join(' | ')} |`;
}

function meanRow(sets: string[], columns: Columns): string {
  const over = (pairs: Marked[], measure: (pairs: Marked[], set: string) => number) =>
    figure(mean(sets.map((set) => measure(ofSet(pairs, set), set))));
  const both = (measure: (pairs: Marked[], set: string) => number) =>
    `${over(columns.grader, measure)} (${over(columns.baseline, measure)})`;
  return `| **mean** | **${[
    both(pearson),
    both(pearsonInside),
    both((pairs) => rmse(calibrated(pairs).line)),
    both((pairs, set) => kappa(calibrated(pairs).matched, levelsOf[set] ?? 4)),
    `${over(columns.noisy, pearson)} (${over(columns.noisyBaseline, pearson)})`,
  ].join('** | **')}** |`;
}

export function figure(value: number): string {
  return value.toFixed(3);
}

function shown({ value, low, high }: Interval): string {
  return `${figure(value)} [${low.toFixed(2)}, ${high.toFixed(2)}]`;
}
