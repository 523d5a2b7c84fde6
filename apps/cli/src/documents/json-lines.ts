import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import { ValidationError } from '@gradeflow/errors';

/** A line that is JSON, or what is wrong with it; `line` counts from 1. */
export type JsonLine = { line: number; value: unknown } | { line: number; fault: string };

/** Streams a JSONL file (`-`: standard input); empty lines are skipped. Throws ValidationError FILE_NOT_READABLE. */
export async function* readJsonLines(file: string): AsyncGenerator<JsonLine> {
  const input = file === '-' ? process.stdin : createReadStream(file, { encoding: 'utf8' });
  const failed = new Promise<never>((_, reject) =>
    input.once('error', (cause: Error) => {
      reject(new ValidationError({ code: 'FILE_NOT_READABLE', detail: `${file} cannot be read: ${cause.message}`, cause }));
    }),
  );
  failed.catch(() => {});
  const lines = createInterface({ input, crlfDelay: Number.POSITIVE_INFINITY })[Symbol.asyncIterator]();
  for (let line = 1; ; line++) {
    const next = await Promise.race([lines.next(), failed]);
    if (next.done) return;
    const text = line === 1 ? next.value.replace(/^\uFEFF/, '') : next.value;
    if (text.trim() === '') continue;
    yield parseLine(line, text);
  }
}

function parseLine(line: number, text: string): JsonLine {
  try {
    return { line, value: JSON.parse(text) };
  } catch {
    return { line, fault: 'this is not JSON' };
  }
}
