import { parseArgs } from 'node:util';
import type { Agreement, Figure, MarkPair } from '@gradeflow/grading';
import type { Command, CommandStreams } from '../command.ts';
import { readJsonLines } from '../documents/json-lines.ts';
import { makeGrader } from '../documents/make-grader.ts';
import { scoreLines } from '../documents/score-lines.ts';
import { createProgress } from '../terminal/progress.ts';

const usage = `usage: gradeflow agree --jsonl FILE [--grader offline|openai] [--json] [--quiet]

Compares the grader with people: lines as for "gradeflow score" with humanScore, and dataset where there are several ("-" reads
standard input). Prints Pearson's r, the root mean square error on the 0-1 scale and the quadratic weighted kappa, each with its
95 % bootstrap interval, for each dataset and for all. Whole questions are resampled together where questionId is given.

Exit code: 0 well, 1 a line was wrong or had no humanScore, 2 wrong usage.
`;

async function run(args: string[], io: CommandStreams): Promise<number> {
  const { values } = parseArgs({
    args,
    options: { jsonl: { type: 'string' }, grader: { type: 'string' }, json: { type: 'boolean' }, quiet: { type: 'boolean' } },
  });
  const unknownGrader = values.grader !== undefined && values.grader !== 'offline' && values.grader !== 'openai';
  if (values.jsonl === undefined || unknownGrader) {
    io.stderr.write(`${values.jsonl === undefined ? 'Name the file with --jsonl.' : `There is no grader "${values.grader}".`}\n\n${usage}`);
    return 2;
  }
  const progress = createProgress(io.stderr, { quiet: values.quiet });
  const byDataset = new Map<string, MarkPair[]>();
  let faults = 0;
  let done = 0;
  for await (const scored of scoreLines(readJsonLines(values.jsonl), await makeGrader(values.grader), 0)) {
    const fault = 'fault' in scored ? scored.fault : scored.input.humanScore === undefined ? 'humanScore is missing' : null;
    if ('fault' in scored || fault !== null || scored.input.humanScore === undefined) {
      faults++;
      io.stderr.write(`line ${scored.line}: ${fault}\n`);
      continue;
    }
    const { humanScore, dataset = '', questionId } = scored.input;
    const { score, maxScore } = scored.grade;
    const pairs = byDataset.get(dataset) ?? [];
    pairs.push({ score, maxScore, humanScore, ...(questionId !== undefined && { group: `${dataset}/${questionId}` }) });
    byDataset.set(dataset, pairs);
    if (++done % 1000 === 0) progress.say(`${done} answers`);
  }
  await printFigures(byDataset, io, values.json ?? false);
  return faults === 0 && done > 0 ? 0 : 1;
}

async function printFigures(byDataset: Map<string, MarkPair[]>, io: CommandStreams, json: boolean): Promise<void> {
  const { agreement } = await import('@gradeflow/grading');
  const named = [...byDataset].filter(([dataset]) => dataset !== '');
  const rows: Array<[string, Agreement]> = named.map(([dataset, pairs]) => [dataset, agreement(pairs)]);
  rows.push(['all', agreement([...byDataset.values()].flat())]);
  if (json) {
    for (const [dataset, figures] of rows) io.stdout.write(`${JSON.stringify({ dataset, ...figures })}\n`);
    return;
  }
  const head = ['dataset'.padEnd(16), 'n'.padStart(6), 'Pearson'.padStart(22), 'RMSE'.padStart(22), 'QWK'.padStart(22)];
  io.stdout.write(`${head.join(' ')}\n`);
  for (const [dataset, { n, pearson, rmse, qwk }] of rows)
    io.stdout.write(
      `${[dataset.padEnd(16), String(n).padStart(6), ...[pearson, rmse, qwk].map((value) => interval(value).padStart(22))].join(' ')}\n`,
    );
}

function interval({ value, low, high }: Figure): string {
  const text = (part: number | null) => (part === null ? '–' : part.toFixed(3));
  return low === null && high === null ? text(value) : `${text(value)} [${text(low)}, ${text(high)}]`;
}

export const command: Command = { name: 'agree', summary: 'compares the grader with people’s marks', usage, run };
