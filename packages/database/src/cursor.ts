import { ValidationError } from '@gradeflow/errors';
import { z } from 'zod';

export interface Page<T> {
  items: T[];
  nextCursor: string | null;
}

/** Where a page ended: the sort value of its last row, and its id where sort values are equal. */
export interface Cursor {
  key: string;
  id: string;
}

/** `list` names what is listed and in which order, so that a cursor serves its own list alone. */
export function encodeCursor(list: string, { key, id }: Cursor): string {
  return Buffer.from(`${list} ${id} ${key}`).toString('base64url');
}

/** Throws ValidationError for what `encodeCursor` did not make for this list. */
export function decodeCursor(list: string, cursor: string): Cursor {
  const [name, id, ...rest] = Buffer.from(cursor, 'base64url').toString().split(' ');
  const key = rest.join(' ');
  if (name !== list || !z.guid().safeParse(id).success || id === undefined) throw invalidCursor();
  return { key, id };
}

/** The same for lists by time: the key is an ISO time in milliseconds. */
export function decodeTimeCursor(list: string, cursor: string): { at: Date; id: string } {
  const { key, id } = decodeCursor(list, cursor);
  if (!z.iso.datetime().safeParse(key).success) throw invalidCursor();
  return { at: new Date(key), id };
}

/** Cuts rows (one more than the limit was asked for) to a page and says where the next begins. */
export function toPage<T>(rows: T[], limit: number, cursorOf: (last: T) => string): { items: T[]; nextCursor: string | null } {
  const items = rows.slice(0, limit);
  const last = items.at(-1);
  return { items, nextCursor: rows.length > limit && last !== undefined ? cursorOf(last) : null };
}

/** For a cursor whose key is not of the list's form. */
export function invalidCursor(): ValidationError {
  return new ValidationError({
    detail: 'The cursor is not one that this list gave.',
    errors: [{ path: '/cursor', message: 'is not a cursor of this list' }],
  });
}
