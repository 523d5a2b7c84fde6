import { parseArgs } from 'node:util';
import type { Question } from '@gradeflow/contracts';
import { describeError } from '@gradeflow/errors';
import type { Grader, SheetGrade } from '@gradeflow/grading';
import type { Command, CommandStreams } from '../command.ts';
import { readAnswerKey } from '../documents/answer-key.ts';
import { gradeDocument } from '../documents/grade-document.ts';
import { makeGrader } from '../documents/make-grader.ts';
import { mapInOrder } from '../documents/map-in-order.ts';
import { createLocalPool, type ReadDocument, readDocument } from '../documents/read-document.ts';
import { renderMarks } from '../terminal/marks-table.ts';
import { createProgress, type Progress } from '../terminal/progress.ts';
import { writeAll } from '../terminal/write-all.ts';

const usage = `usage: gradeflow grade FILE… --key KEY.json [--json] [--grader offline|openai] [--review-below 0.8] [--lang eng] [--quiet]

Reads and grades answer sheets without a server; each file is one sheet.

  --key           the answer key: the question list of the HTTP contract, as an array or as {"questions": […]}
  --json          one JSON line a sheet: {file, score, maxScore, grader, needsReview, questions, unassigned, pages}
  --grader        default: what the environment configures (OPENAI_MODEL and key), else offline
  --review-below  questions with less confidence (0 to 1) are marked for a person
  --lang          OCR language, e.g. eng; several with commas
  --quiet         no progress

OCR_ENGINE (auto, native or tesseract.js) and OCR_DATA_DIR in the environment choose engine and language data; doctor tells which.

Exit code: 0 all graded, 1 a sheet or a page could not be read, 2 wrong usage.
`;

interface Settings {
  files: string[];
  questions: Question[];
  grader: Grader;
  reviewBelow: number;
  languages: string[];
  json: boolean;
}

interface Outcome {
  file: string;
  sheet: { document: ReadDocument; grade: SheetGrade } | null;
  fault: { code: string; detail: string } | null;
}

async function run(args: string[], io: CommandStreams): Promise<number> {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: {
      key: { type: 'string' },
      json: { type: 'boolean', default: false },
      grader: { type: 'string' },
      'review-below': { type: 'string', default: '0.8' },
      lang: { type: 'string', default: 'eng' },
      quiet: { type: 'boolean' },
    },
  });
  const reviewBelow = Number(values['review-below']);
  const fault = usageFault(positionals, values.key, values.grader, reviewBelow);
  if (fault || values.key === undefined) {
    io.stderr.write(`${fault}\n\n${usage}`);
    return 2;
  }
  const [questions, grader] = await Promise.all([readAnswerKey(values.key), makeGrader(values.grader)]);
  const settings = { files: positionals, questions, grader, reviewBelow, languages: values.lang.split(','), json: values.json };
  return gradeAll(settings, io, createProgress(io.stderr, { quiet: values.quiet }));
}

function usageFault(files: string[], key: string | undefined, grader: string | undefined, reviewBelow: number): string | null {
  if (files.length === 0) return 'Name at least one file.';
  if (key === undefined) return 'Name the answer key with --key.';
  if (grader !== undefined && grader !== 'offline' && grader !== 'openai') return `There is no grader "${grader}".`;
  return reviewBelow >= 0 && reviewBelow <= 1 ? null : '--review-below is a number from 0 to 1.';
}

async function gradeAll(settings: Settings, io: CommandStreams, progress: Progress): Promise<number> {
  const { files, languages } = settings;
  const { pool, size } = await createLocalPool();
  let failed = 0;
  let done = 0;
  const gradeOne = async (file: string): Promise<Outcome> => {
    const onPage = (page: number, total: number) =>
      progress.update((done + page / total) / files.length, `${file}: page ${page} of ${total}`);
    try {
      const document = await readDocument({ pool, file, languages, concurrency: size, onPage });
      return { file, sheet: { document, grade: await gradeDocument(document, settings) }, fault: null };
    } catch (error) {
      return { file, sheet: null, fault: describeError(error) };
    }
  };
  try {
    for await (const outcome of mapInOrder(files, size, gradeOne)) {
      done++;
      progress.done();
      const faults = faultsOf(outcome);
      if (faults.length > 0) failed++;
      for (const line of faults) io.stderr.write(`${line}\n`);
      await writeAll(io.stdout, settings.json ? jsonLine(outcome, settings) : table(outcome, settings));
    }
  } finally {
    progress.done();
    await pool.close();
  }
  return failed === 0 ? 0 : 1;
}

function faultsOf({ file, sheet, fault }: Outcome): string[] {
  if (fault) return [`${file}: ${fault.detail} (${fault.code})`];
  return (sheet?.document.pages ?? []).flatMap((page) => (page.failure === null ? [] : [`${file}: page ${page.number}: ${page.failure}`]));
}

function jsonLine({ file, sheet, fault }: Outcome, { grader }: Settings): string {
  if (!sheet) return `${JSON.stringify({ file, error: fault })}\n`;
  const { score, maxScore, needsReview, questions, unassigned } = sheet.grade;
  const pages = sheet.document.pages.map(({ number, engine, confidence, width, height }) => ({
    number,
    engine,
    confidence,
    width,
    height,
  }));
  return `${JSON.stringify({ file, score, maxScore, grader: grader.kind, needsReview, questions, unassigned, pages })}\n`;
}

function table({ file, sheet }: Outcome, { questions }: Settings): string {
  if (!sheet) return '';
  const describe = (questionId: string, criterionId: string) =>
    questions.find(({ id }) => id === questionId)?.rubric?.criteria.find(({ id }) => id === criterionId)?.description ?? criterionId;
  return `${file}\n${renderMarks(sheet.grade, describe)}\n`;
}

export const command: Command = { name: 'grade', summary: 'reads and grades sheets against an answer key', usage, run };
