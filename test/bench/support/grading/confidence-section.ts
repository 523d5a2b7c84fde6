import { mean } from './agreement-figures.ts';
import { figure, levelsOf } from './agreement-section.ts';
import type { GradingData } from './data.ts';
import type { Scorers } from './scorers.ts';

interface Judged {
  dataset: string;
  confidence: number;
  error: number;
  isWithinStep: boolean;
}

const bins = [0, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0001];

/** Whether confidence is worth its name: among answers of a rubric, is a mark with confidence 0.8 within one step of the person's in four of five cases, and is the surer half better? */
export function confidenceSection(data: GradingData, scorers: Scorers): string[] {
  const judged: Judged[] = data.answers
    .filter((row) => row.rubricRef !== undefined)
    .map((row) => {
      const grade = scorers.grade(row);
      const error = Math.abs(grade.score - row.humanScore) / row.maxScore;
      return { dataset: row.dataset, confidence: grade.confidence, error, isWithinStep: error <= 1 / (levelsOf[row.dataset] ?? 4) + 1e-9 };
    });
  const sets = [...new Set(judged.map(({ dataset }) => dataset))];
  const inBin = (low: number, high: number) => judged.filter(({ confidence }) => confidence >= low && confidence < high);
  const rows = bins.slice(0, -1).map((low, i) => ({ low, list: inBin(low, bins[i + 1] as number) }));
  const calibrationError = rows.reduce(
    (sum, { list }) =>
      sum + (list.length / judged.length) * Math.abs(mean(list.map((j) => j.confidence)) - mean(list.map((j) => Number(j.isWithinStep)))),
    0,
  );
  return [
    '## Confidence (answers with a rubric)',
    'Stated confidence and the share of marks that are within one step of the person’s. The logistic behind it was fitted on these same answers, so this table is in-sample; with the questions of each',
    'fold left out of the fit the calibration error of the logistic alone was 0.020.',
    '',
    '| confidence from | answers | mean confidence | within one step |',
    '|---|---|---|---|',
    ...rows
      .filter(({ list }) => list.length > 0)
      .map(
        ({ low, list }) =>
          `| ${low} | ${list.length} | ${figure(mean(list.map((j) => j.confidence)))} | ${figure(mean(list.map((j) => Number(j.isWithinStep))))} |`,
      ),
    '',
    `Expected calibration error ${figure(calibrationError)}. RMSE of the surer half over RMSE of all: ${sets.map((set) => `${set} ${surerHalf(judged.filter(({ dataset }) => dataset === set))}`).join(', ')}.`,
    '',
  ];
}

function surerHalf(judged: Judged[]): string {
  const rmse = (list: Judged[]) => Math.sqrt(mean(list.map(({ error }) => error ** 2)));
  const sorted = judged.toSorted((a, b) => b.confidence - a.confidence);
  const half = sorted.slice(0, Math.ceil(sorted.length / 2));
  return `${figure(rmse(half))} / ${figure(rmse(judged))} = ${(rmse(half) / rmse(judged)).toFixed(2)}`;
}
