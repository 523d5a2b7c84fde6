import { RosterLine } from '@gradeflow/contracts';
import { type FieldError, ValidationError } from '@gradeflow/errors';
import type { Request, Response } from 'express';
import { readCsvRows } from '../../http/csv-rows.ts';
import { unsupportedMediaType } from '../../http/read-json.ts';
import { readTextFile } from '../../http/read-text-file.ts';

const columns = ['email', 'name', 'rollNumber'] as const;
const maxBytes = 1_000_000;
const maxLines = 5_000;

/** A line of a roster and where it stood: the header is line 1. */
export interface NumberedLine extends RosterLine {
  line: number;
}

/**
 * The roster in a request: `text/csv` or the part `file` of a form; columns `email,name,rollNumber` in any order, the last one may be left out. Throws
 * ValidationError (422) with `/rows/<line>` for every line that cannot be: all or nothing.
 */
export async function readRoster(req: Request, res: Response): Promise<NumberedLine[]> {
  const file = await readTextFile(req, res, maxBytes);
  if (file === null) throw unsupportedMediaType('Send the roster as text/csv, or as the part "file" of a form.');
  const [header = [], ...records] = await readCsvRows(file.text);
  const places = placesOf(header);
  const errors: FieldError[] = [];
  const lines: NumberedLine[] = [];
  for (const [index, record] of records.entries()) {
    if (record.every((cell) => cell.trim() === '')) continue;
    const line = index + 2;
    const cells = columns.flatMap((name) => (places[name] === undefined ? [] : [[name, record[places[name]] ?? ''] as const]));
    const parsed = RosterLine.safeParse(Object.fromEntries(cells));
    if (parsed.success) lines.push({ ...parsed.data, line });
    else
      errors.push(...parsed.error.issues.map((issue) => ({ path: `/rows/${line}`, message: `${issue.path.join('.')}: ${issue.message}` })));
  }
  errors.push(...repeated(lines));
  if (errors.length > 0) throw refusedRoster(errors);
  if (lines.length === 0 || lines.length > maxLines)
    throw refusedRoster([{ path: '/rows', message: `a roster has 1 to ${maxLines} lines below its header` }]);
  return lines;
}

export function refusedRoster(errors: FieldError[]): ValidationError {
  return new ValidationError({
    code: 'ROSTER_REFUSED',
    status: 422,
    detail: 'Nothing was changed: the roster has lines that cannot be.',
    errors: errors.slice(0, 100),
  });
}

/** Where each column stands. */
function placesOf(header: readonly string[]): Partial<Record<(typeof columns)[number], number>> {
  const names = header.map((name) => name.trim().toLowerCase());
  const places = Object.fromEntries(
    columns.flatMap((name) => (names.includes(name.toLowerCase()) ? [[name, names.indexOf(name.toLowerCase())]] : [])),
  );
  const missing = (['email', 'name'] as const).filter((name) => places[name] === undefined);
  if (missing.length > 0)
    throw refusedRoster([
      { path: '/rows/1', message: `the first line names the columns ${columns.join(', ')}; missing: ${missing.join(', ')}` },
    ]);
  return places;
}

function repeated(lines: readonly NumberedLine[]): FieldError[] {
  const first = new Map<string, number>();
  return lines.flatMap(({ email, line }) => {
    const earlier = first.get(email);
    if (earlier === undefined) first.set(email, line);
    return earlier === undefined ? [] : [{ path: `/rows/${line}`, message: `the address stands in line ${earlier} already` }];
  });
}
