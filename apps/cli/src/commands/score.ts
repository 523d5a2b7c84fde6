import { parseArgs } from 'node:util';
import type { Command, CommandStreams } from '../command.ts';
import { readJsonLines } from '../documents/json-lines.ts';
import { makeGrader } from '../documents/make-grader.ts';
import { scoreLines } from '../documents/score-lines.ts';
import { createProgress } from '../terminal/progress.ts';
import { writeAll } from '../terminal/write-all.ts';

const usage = `usage: gradeflow score --jsonl FILE [--grader offline|openai] [--review-below 0.8] [--quiet]

Grades typed answers, one JSON object a line ("-" reads standard input), in order and in little memory.

  in   {id, question, modelAnswer | modelAnswers, rubric?, answer, maxScore, lang?}
  out  {id, score, maxScore, confidence, needsReview, reviewReasons, criteria: [{criterionId, decision, points, evidence: [{start, end, quote}]}]}
       offsets count in the answer as given (UTF-16 code units)

  --grader        default: what the environment configures (OPENAI_MODEL and key), else offline
  --review-below  less confidence (0 to 1) is marked for a person
  --quiet         no progress

A wrong line is named with its number on stderr, the others go on.
Exit code: 0 all graded, 1 a line was wrong, 2 wrong usage.
`;

async function run(args: string[], io: CommandStreams): Promise<number> {
  const { values } = parseArgs({
    args,
    options: {
      jsonl: { type: 'string' },
      grader: { type: 'string' },
      'review-below': { type: 'string', default: '0.8' },
      quiet: { type: 'boolean' },
    },
  });
  const reviewBelow = Number(values['review-below']);
  const unknownGrader = values.grader !== undefined && values.grader !== 'offline' && values.grader !== 'openai';
  if (values.jsonl === undefined || unknownGrader || !(reviewBelow >= 0 && reviewBelow <= 1)) {
    io.stderr.write(`${values.jsonl === undefined ? 'Name the file with --jsonl.' : 'An option has a wrong value.'}\n\n${usage}`);
    return 2;
  }
  const { toScoreLine } = await import('@gradeflow/grading');
  const grader = await makeGrader(values.grader);
  const progress = createProgress(io.stderr, { quiet: values.quiet });
  let faults = 0;
  let done = 0;
  for await (const scored of scoreLines(readJsonLines(values.jsonl), grader, reviewBelow)) {
    if ('fault' in scored) {
      faults++;
      progress.done();
      io.stderr.write(`line ${scored.line}: ${scored.fault}\n`);
      continue;
    }
    await writeAll(io.stdout, `${JSON.stringify(toScoreLine(scored.input.id, scored.grade))}\n`);
    if (++done % 500 === 0) progress.say(`${done} answers`);
  }
  return faults === 0 ? 0 : 1;
}

export const command: Command = { name: 'score', summary: 'grades typed answers from a JSONL file', usage, run };
