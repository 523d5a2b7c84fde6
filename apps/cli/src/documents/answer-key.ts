import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { Question, QuestionList } from '@gradeflow/contracts';
import { ValidationError } from '@gradeflow/errors';

/**
 * Reads an answer key: the contract's question list, as an array or as `{questions: […]}`. Questions without an id get one made
 * of their number, so that repeated runs give the same output. Throws ValidationError that names every fault.
 */
export async function readAnswerKey(file: string): Promise<Question[]> {
  const json = parseJson(await readText(file), file);
  const list = json !== null && typeof json === 'object' && 'questions' in json ? json.questions : json;
  const parsed = QuestionList.safeParse(list);
  if (!parsed.success) {
    const errors = parsed.error.issues.map((issue) => ({ path: `/${issue.path.join('/')}`, message: issue.message }));
    const lines = errors.map(({ path, message }) => `  ${path}: ${message}`);
    throw new ValidationError({ code: 'KEY_INVALID', detail: `The answer key ${file} is not usable:\n${lines.join('\n')}`, errors });
  }
  return parsed.data.map((question) => Question.parse({ ...question, id: question.id ?? idOf(question.number) }));
}

async function readText(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (cause) {
    throw new ValidationError({ code: 'KEY_NOT_FOUND', detail: `The answer key ${file} cannot be read.`, cause });
  }
}

function parseJson(text: string, file: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new ValidationError({ code: 'KEY_INVALID', detail: `The answer key ${file} is not JSON.`, cause });
  }
}

function idOf(number: string): string {
  const hex = createHash('sha256').update(number).digest('hex');
  return [hex.slice(0, 8), hex.slice(8, 12), `8${hex.slice(13, 16)}`, `8${hex.slice(17, 20)}`, hex.slice(20, 32)].join('-');
}
