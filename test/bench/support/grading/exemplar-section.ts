import { type Marked, mean, pearson } from './agreement-figures.ts';
import { figure } from './agreement-section.ts';
import { type GradingData, type MarkedAnswer, seededRandom, seedOf } from './data.ts';
import type { Scorers } from './scorers.ts';

const perQuestion = 10;
const leastLeft = 5;

/** What ten marked answers per question add, chosen evenly over the predicted score, measured on the other answers of the same questions. */
export function exemplarSection(data: GradingData, scorers: Scorers, { seeds }: { seeds: number }): string[] {
  const before: Marked[] = [];
  const after: Marked[] = [];
  for (let seed = 0; seed < seeds; seed++) {
    for (const rows of Map.groupBy(data.answers, (row) => `${row.dataset} ${row.questionId}`).values()) {
      if (rows.length < perQuestion + leastLeft) continue;
      const { chosen, left } = choose(rows, scorers, seed);
      const question = scorers.question(
        rows[0] as MarkedAnswer,
        chosen.map(({ answer, humanScore }) => ({ answer, score: humanScore })),
      );
      for (const row of left) {
        const marked = { ...scorers.marked(row, scorers.grade(row).score / row.maxScore), questionId: `${row.questionId} ${seed}` };
        before.push(marked);
        after.push({ ...marked, machine: scorers.grade(row, row.answer, question).score / row.maxScore });
      }
    }
  }
  const sets = [...new Set(before.map(({ dataset }) => dataset))];
  const of = (pairs: Marked[], set: string) => pearson(pairs.filter(({ dataset }) => dataset === set));
  const gains = sets.map((set) => of(after, set) - of(before, set));
  return [
    '## Ten marked exemplars per question',
    `Chosen evenly over the predicted score (${seeds} seed${seeds === 1 ? '' : 's'}); Pearson over the other answers of the same questions.`,
    '',
    `| set | ${sets.join(' | ')} |`,
    `|---|${sets.map(() => '---|').join('')}`,
    `| without | ${sets.map((set) => figure(of(before, set))).join(' | ')} |`,
    `| with | ${sets.map((set) => figure(of(after, set))).join(' | ')} |`,
    `| gain | ${gains.map((gain) => `${gain >= 0 ? '+' : ''}${figure(gain)}`).join(' | ')} |`,
    '',
    `Sets that gain 0.05 or more: ${gains.filter((gain) => gain >= 0.05).length} of ${sets.length}; mean gain ${figure(mean(gains))}.`,
    '',
  ];
}

function choose(rows: MarkedAnswer[], scorers: Scorers, seed: number): { chosen: MarkedAnswer[]; left: MarkedAnswer[] } {
  const random = seededRandom(seedOf(`${rows[0]?.questionId} ${seed}`));
  const ranked = rows
    .map((row) => ({ row, at: scorers.grade(row).score + 1e-6 * random() }))
    .sort((a, b) => a.at - b.at)
    .map(({ row }) => row);
  const offset = random();
  const places = new Set(Array.from({ length: perQuestion }, (_, i) => Math.floor(((i + offset) * ranked.length) / perQuestion)));
  return { chosen: ranked.filter((_, i) => places.has(i)), left: ranked.filter((_, i) => !places.has(i)) };
}
