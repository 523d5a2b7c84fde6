import { AppError, ConflictError, NotFoundError, UnavailableError, ValidationError } from '@gradeflow/errors';

/** What Prisma, its adapter and pg put on their errors, at whatever depth. */
interface DatabaseError extends Error {
  code?: unknown;
  cause?: unknown;
  /** Where the adapter keeps Postgres' SQLSTATE. */
  originalCode?: unknown;
  kind?: unknown;
  meta?: { driverAdapterError?: unknown };
}

/**
 * Prisma codes and SQLSTATEs that mean "not now": the same call may work later. P1001 and P1002 unreachable or slow, P1008 time-out, P1017 closed,
 * P2024 no free connection, P2028 transaction ended by time, P2034 and 40001/40P01 lost against another transaction, 08* connection, 53* resources,
 * 55P03 lock time-out, 57014 statement time-out, 57P01–57P05 shutting down, crashed or starting up, 25P03 and 25P04 session ended while waiting.
 */
const unavailableCode =
  /^(P1001|P1002|P1008|P1017|P2024|P2028|P2034|40001|40P01|08...|53...|55P03|57014|57P0[1-5]|25P0[34]|ECONN.*|EPIPE|ETIMEDOUT|ENOTFOUND|EAI_AGAIN|EHOST.*|ENETUNREACH)$/;
const unavailableKind = /^(DatabaseNotReachable|ConnectionClosed|SocketTimeout|TooManyConnections|TransactionWriteConflict)$/;
/** pg's own errors carry no code. */
const unavailableText =
  /Connection terminated|Query read timeout|timeout exceeded when trying to connect|timeout expired|Client has encountered a connection error|not queryable|Client was closed/i;

const taken = /^(P2002|23505)$/;
const missing = /^P2025$/;
const danglingReference = /^(P2003|23503)$/;
const unstorable = /^(P2006|P2020|P2023|22P02|22P05|22021|22003)$/;
const noDatabase = /^(P1003|3D000)$/;

/**
 * The one place where faults of Postgres become Gradeflow's errors: UnavailableError POSTGRES_UNAVAILABLE (retryable), ConflictError ALREADY_EXISTS,
 * NotFoundError `<NOUN>_NOT_FOUND`, ConflictError REFERENCE_NOT_FOUND, ValidationError for values that Postgres cannot hold, DATABASE_NOT_FOUND.
 * Gradeflow's own errors pass; anything else is returned as it came, since it is a fault of the program.
 */
export function toAppError(error: unknown, noun?: string): unknown {
  if (error instanceof AppError) return error;
  const signs = collectSigns(error);
  const has = (pattern: RegExp) => signs.codes.some((code) => pattern.test(code));
  if (has(taken)) return new ConflictError({ code: 'ALREADY_EXISTS', detail: 'There is one with the same key already.', cause: error });
  if (has(missing)) return notFound(noun, error);
  if (has(danglingReference))
    return new ConflictError({ code: 'REFERENCE_NOT_FOUND', detail: 'What it refers to does not exist.', cause: error });
  if (has(unstorable))
    return new ValidationError({ detail: 'A value cannot be stored: wrong id, or characters such as NUL.', cause: error });
  if (has(noDatabase))
    return new AppError({
      code: 'DATABASE_NOT_FOUND',
      status: 500,
      retryable: false,
      detail: 'The Postgres server has no such database: create it (`createdb`), or correct DATABASE_URL.',
      cause: error,
    });
  if (
    has(unavailableCode) ||
    signs.kinds.some((kind) => unavailableKind.test(kind)) ||
    signs.texts.some((text) => unavailableText.test(text))
  )
    return new UnavailableError({ code: 'POSTGRES_UNAVAILABLE', detail: 'The database does not answer.', cause: error });
  return error;
}

/** NotFoundError `<NOUN>_NOT_FOUND`. */
export function notFound(noun = 'thing', cause?: unknown): NotFoundError {
  return new NotFoundError({ code: `${noun.toUpperCase()}_NOT_FOUND`, detail: `There is no such ${noun.replaceAll('_', ' ')}.`, cause });
}

/** Codes, kinds and messages of an error and of all that it wraps. */
function collectSigns(error: unknown): { codes: string[]; kinds: string[]; texts: string[] } {
  const signs = { codes: [] as string[], kinds: [] as string[], texts: [] as string[] };
  const visit = (value: unknown, depth: number) => {
    if (typeof value !== 'object' || value === null || depth > 5) return;
    const { code, originalCode, kind, message, cause, meta } = value as DatabaseError;
    for (const found of [code, originalCode]) if (typeof found === 'string') signs.codes.push(found);
    if (typeof kind === 'string') signs.kinds.push(kind);
    if (typeof message === 'string') signs.texts.push(message);
    if (value instanceof AggregateError) for (const inner of value.errors) visit(inner, depth + 1);
    visit(cause, depth + 1);
    visit(meta?.driverAdapterError, depth + 1);
  };
  visit(error, 0);
  return signs;
}
