import { ValidationError } from '@gradeflow/errors';
import { parseString } from 'fast-csv';

/**
 * The rows of a table as text, the header too: UTF-8 with or without a mark, comma, semicolon or tab, as spreadsheets write it. Throws ValidationError
 * MALFORMED_CSV with the row.
 */
export async function readCsvRows(text: string): Promise<string[][]> {
  const body = text.replace(/^\uFEFF/, '').replace(/^sep=.\r?\n/i, '');
  const rows: string[][] = [];
  try {
    for await (const row of parseString(body, { delimiter: delimiterOf(body), headers: false })) rows.push(row as string[]);
  } catch (cause) {
    throw new ValidationError({
      code: 'MALFORMED_CSV',
      detail: `The file is no CSV: after row ${rows.length} a quotation mark is missing or out of place.`,
      errors: [{ path: `/rows/${rows.length + 1}`, message: 'a quotation mark is missing or out of place' }],
      cause,
    });
  }
  return rows;
}

/** Of comma, semicolon and tab the one that the header has most of. */
function delimiterOf(text: string): string {
  const header = /^[^\r\n]*/.exec(text)?.[0] ?? '';
  const count = (sign: string) => header.split(sign).length;
  return [';', '\t'].reduce((best, sign) => (count(sign) > count(best) ? sign : best), ',');
}
