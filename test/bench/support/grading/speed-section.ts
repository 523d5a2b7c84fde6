import { createHash } from 'node:crypto';
import { type GradingData, seededRandom } from './data.ts';
import type { Scorers } from './scorers.ts';

/** Milliseconds of processor time per answer, and whether order or repetition changes a byte. */
export function speedSection(data: GradingData, scorers: Scorers): string[] {
  const run = (rows: GradingData['answers']) => new Map(rows.map((row) => [row.id, JSON.stringify(scorers.grade(row))]));
  const hashOf = (graded: Map<string, string>) =>
    createHash('sha256')
      .update(data.answers.map(({ id }) => graded.get(id)).join('\n'))
      .digest('hex');
  const started = process.cpuUsage();
  const first = run(data.answers);
  const { user, system } = process.cpuUsage(started);
  const random = seededRandom(7);
  const shuffled = data.answers.map((row) => ({ row, at: random() })).sort((a, b) => a.at - b.at);
  const hashes = [first, run(data.answers), run(shuffled.map(({ row }) => row))].map(hashOf);
  return [
    '## Speed and determinism',
    `${((user + system) / 1000 / data.answers.length).toFixed(2)} ms of processor time per answer. Two runs and a shuffled run: ${new Set(hashes).size === 1 ? 'the same bytes' : 'DIFFERENT bytes'}.`,
  ];
}
