import { type QuestionInput, QuestionList } from '@gradeflow/contracts';
import { ValidationError } from '@gradeflow/errors';
import type { Request, Response } from 'express';
import { parseInput } from '../../http/parse.ts';
import { readJson, unsupportedMediaType } from '../../http/read-json.ts';
import { readTextFile } from '../../http/read-text-file.ts';
import { csvPath, readQuestionsCsv } from './question-csv.ts';

const maxBytes = 10_000_000;

/**
 * A list of questions from a request: JSON (the list, or an object with `questions`), `text/csv`, or either of them as the part `file` of a form; checked as PUT
 * checks it. Throws ValidationError with the place of each fault, `/rows/<row>` in CSV; 413 above 10 MB, 415 for anything else.
 */
export async function readQuestionsFile(req: Request, res: Response): Promise<QuestionInput[]> {
  const file = await readTextFile(req, res, maxBytes);
  if (file !== null) {
    const isJson = file.part && /^\uFEFF?\s*[[{]/.test(file.text);
    return isJson ? fromJson(parseJson(file.text.replace(/^\uFEFF/, ''))) : fromCsv(file.text);
  }
  const isPresent = req.headers['transfer-encoding'] !== undefined || Number(req.headers['content-length'] ?? 0) > 0;
  if (isPresent && !req.is('json')) throw unsupportedMediaType('Send the questions as application/json, text/csv or multipart/form-data.');
  return fromJson(await readJson(req, res, maxBytes));
}

function fromJson(value: unknown): QuestionInput[] {
  const list = value !== null && typeof value === 'object' && 'questions' in value ? value.questions : value;
  return parseInput(QuestionList, list, 'list of questions');
}

async function fromCsv(text: string): Promise<QuestionInput[]> {
  const { questions, rows } = await readQuestionsCsv(text);
  const parsed = QuestionList.safeParse(questions);
  if (parsed.success) return parsed.data;
  const errors = parsed.error.issues.map(({ path, message }) => ({ path: `/${csvPath(path, rows).map(String).join('/')}`, message }));
  throw new ValidationError({ detail: 'The questions in the table are not as they should be.', errors });
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new ValidationError({ code: 'MALFORMED_JSON', detail: 'The file is not valid JSON.', cause });
  }
}
