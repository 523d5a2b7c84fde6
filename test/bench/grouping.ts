/**
 * Do people mark answers of one group alike? `npm run bench -- grouping`. Groups human-marked answers (GRADING_DATA, else `shared/data/grading` beside the repository) by question, without any
 * key, and counts pairs in one group; beside it pairs that differ in case, blanks and signs at most, which is as far as people agree with themselves. The time is for one class.
 */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { QuestionInput } from '@gradeflow/contracts';
import { groupAnswers } from '@gradeflow/grading';
import { repository } from '../e2e/fleet.ts';
import { describeMachine, median, table } from './support/figures.ts';
import { type MarkedAnswer, readGradingData } from './support/grading/data.ts';

interface Pairs {
  same: number;
  all: number;
}

const { answers } = readGradingData(process.env.GRADING_DATA ?? join(repository, '../shared/data/grading'));
const datasets = [...new Set(answers.map(({ dataset }) => dataset))];
const text = [
  '# Answers in groups',
  '',
  `\`npm run bench -- grouping\`. ${describeMachine()} ${answers.length} answers of ${questionsOf(answers).length} questions.`,
  '',
  ...table(
    [
      'from',
      'answers',
      'in groups of two or more',
      'pairs in one group',
      'marked alike by people',
      'pairs of the same letters',
      'marked alike',
    ],
    [
      ...datasets.map((dataset) =>
        rowOf(
          dataset,
          answers.filter((row) => row.dataset === dataset),
        ),
      ),
      rowOf('all', answers),
    ],
  ),
  '',
  ...[300, 1_000, 3_000].map(timeOf),
].join('\n');
process.stdout.write(`${text}\n`);
await writeFile(join(repository, 'test/bench/results/grouping.md'), `${text}\n`);

function questionsOf(rows: readonly MarkedAnswer[]): MarkedAnswer[][] {
  return [...Map.groupBy(rows, ({ dataset, questionId }) => `${dataset} ${questionId}`).values()];
}

function questionFor({ question, modelAnswer, maxScore, lang }: MarkedAnswer) {
  const input = QuestionInput.parse({ number: '1', prompt: question, maxScore, lang, modelAnswers: [{ text: modelAnswer }] });
  return { ...input, id: '0197a000-0000-7000-8000-000000000001' };
}

function rowOf(name: string, rows: readonly MarkedAnswer[]): Array<string | number> {
  const ours: Pairs = { same: 0, all: 0 };
  const letters: Pairs = { same: 0, all: 0 };
  let together = 0;
  for (const question of questionsOf(rows)) {
    const given = question.map((row) => ({ ...row, answerText: row.answer }));
    const groups = groupAnswers(questionFor(question[0] as MarkedAnswer), given).map(({ members }) => members);
    for (const members of groups) if (members.length > 1) together += members.length;
    for (const members of groups) count(ours, members);
    const alike = Map.groupBy(question, ({ answer }) =>
      answer
        .toLowerCase()
        .replace(/[^\p{L}\p{N}]+/gu, ' ')
        .trim(),
    );
    for (const members of alike.values()) count(letters, members);
  }
  return [name, rows.length, together, ours.all, share(ours), letters.all, share(letters)];
}

function count(pairs: Pairs, members: readonly MarkedAnswer[]): void {
  members.forEach((one, index) => {
    for (const other of members.slice(index + 1)) {
      pairs.all++;
      if (Math.abs(one.humanScore - other.humanScore) < 1e-9) pairs.same++;
    }
  });
}

function share({ same, all }: Pairs): string {
  return all === 0 ? '–' : (same / all).toFixed(3);
}

/** Of short answers of many questions, taken for one: hardly any two are alike, which costs most. */
function timeOf(size: number): string {
  const short = answers.filter(({ dataset, answer }) => dataset !== 'saf-en' && answer.length < 200).slice(0, size);
  const given = short.map((row) => ({ answerText: row.answer }));
  const times = Array.from({ length: 5 }, () => {
    const since = performance.now();
    groupAnswers(questionFor(short[0] as MarkedAnswer), given);
    return performance.now() - since;
  });
  return `${short.length} different answers to one question: ${Math.round(median(times))} ms (median of five).  `;
}
