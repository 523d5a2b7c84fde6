import { type QuestionInput, QuestionList } from '@gradeflow/contracts';
import { AppError, ValidationError } from '@gradeflow/errors';
import express, { type Request, type Response } from 'express';
import multer from 'multer';
import { parseInput } from '../../http/parse.ts';
import { readJson, unsupportedMediaType } from '../../http/read-json.ts';
import { csvPath, readQuestionsCsv } from './question-csv.ts';

const maxBytes = 10_000_000;
const readText = express.text({ type: 'text/csv', limit: maxBytes });
const readForm = multer({ storage: multer.memoryStorage(), limits: { files: 1, fileSize: maxBytes, fields: 0, parts: 1 } }).single('file');

/**
 * A list of questions from a request: JSON (the list, or an object with `questions`), `text/csv`, or either of them as the part `file` of a form; checked as PUT
 * checks it. Throws ValidationError with the place of each fault, `/rows/<row>` in CSV; 413 above 10 MB, 415 for anything else.
 */
export async function readQuestionsFile(req: Request, res: Response): Promise<QuestionInput[]> {
  if (req.is('text/csv')) {
    await run(readText, req, res);
    return fromCsv(typeof req.body === 'string' ? req.body : '');
  }
  if (req.is('multipart/form-data')) {
    await run(readForm, req, res);
    if (!req.file)
      throw new ValidationError({ code: 'FILE_MISSING', detail: 'There is no file in this form: send it as the part "file".' });
    const text = req.file.buffer.toString('utf8');
    return /^\uFEFF?\s*[[{]/.test(text) ? fromJson(parseJson(text.replace(/^\uFEFF/, ''))) : fromCsv(text);
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

type Reader = (req: Request, res: Response, next: (error?: unknown) => void) => void;

async function run(reader: Reader, req: Request, res: Response): Promise<void> {
  await new Promise<void>((resolve, reject) => reader(req, res, (error) => (error ? reject(problemOf(error)) : resolve())));
}

function problemOf(error: unknown): AppError {
  const { type, code } = error as { type?: unknown; code?: unknown };
  if (type === 'entity.too.large' || code === 'LIMIT_FILE_SIZE')
    return new AppError({
      code: 'PAYLOAD_TOO_LARGE',
      status: 413,
      retryable: false,
      detail: `The file is larger than ${maxBytes} bytes.`,
      cause: error,
    });
  if (type === 'charset.unsupported' || type === 'encoding.unsupported') return unsupportedMediaType('Send the file in UTF-8.');
  return new ValidationError({
    code: 'MALFORMED_BODY',
    detail: 'The body is broken, was cut off, or has other parts than one "file".',
    cause: error,
  });
}
