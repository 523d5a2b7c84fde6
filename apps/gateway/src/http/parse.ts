import { type FieldError, NotFoundError, ValidationError } from '@gradeflow/errors';
import type { z } from 'zod';

/** JSON Pointer (RFC 6901) of a place in a document. */
function pointer(path: PropertyKey[]): string {
  return path.map((part) => `/${String(part).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');
}

function fieldErrors(error: z.ZodError): FieldError[] {
  return error.issues.map((issue) => ({ path: pointer(issue.path), message: issue.message }));
}

/** Parses body, query or fields. Throws ValidationError (400) that names every wrong place. */
export function parseInput<Schema extends z.ZodType>(schema: Schema, value: unknown, what: string): z.output<Schema> {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  throw new ValidationError({ detail: `The ${what} is not as it should be.`, errors: fieldErrors(parsed.error) });
}

/** Parses the parts of a path. What is no id or number names nothing: NotFoundError. */
export function parseParams<Schema extends z.ZodType>(schema: Schema, value: unknown): z.output<Schema> {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  throw new NotFoundError({ detail: 'There is no such thing.' });
}
