/**
 * The one error family of Gradeflow. Each class fixes `code`, `status` and `retryable`; HTTP turns it into problem+json,
 * the queue turns `retryable === false` into a permanent failure. Decide by `code` or class, never by message text.
 */
export interface AppErrorOptions {
  /** Stable, SCREAMING_SNAKE; part of the public contract. */
  code: string;
  /** HTTP status that this error has at the HTTP boundary. */
  status: number;
  /** Whether doing the same again later may succeed. */
  retryable: boolean;
  /** One sentence for the person who reads it; never secrets, never student text. */
  detail: string;
  /** Places in the input that are wrong; `path` is a JSON Pointer. */
  errors?: readonly FieldError[];
  /** Further members of the problem (RFC 9457, 3.2), named in the contract; ids and figures alone. */
  members?: Readonly<Record<string, unknown>>;
  /** Seconds after which a retry makes sense (`Retry-After`). */
  retryAfterSeconds?: number;
  cause?: unknown;
}

export interface FieldError {
  path: string;
  message: string;
}

export class AppError extends Error {
  readonly code: string;
  readonly status: number;
  readonly retryable: boolean;
  readonly errors: readonly FieldError[] | undefined;
  readonly members: Readonly<Record<string, unknown>> | undefined;
  readonly retryAfterSeconds: number | undefined;

  constructor(options: AppErrorOptions) {
    super(options.detail, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = new.target.name;
    this.code = options.code;
    this.status = options.status;
    this.retryable = options.retryable;
    this.errors = options.errors;
    this.members = options.members;
    this.retryAfterSeconds = options.retryAfterSeconds;
  }
}

type Details = { detail: string; cause?: unknown };

/** The request is not shaped as the contract says. */
export class ValidationError extends AppError {
  constructor(options: Details & { code?: string; status?: 400 | 422; errors?: readonly FieldError[] }) {
    super({ code: 'VALIDATION_FAILED', status: 400, retryable: false, ...options });
  }
}

/** Nobody, or nobody known, is asking. */
export class UnauthorizedError extends AppError {
  constructor(options: Details & { code?: string }) {
    super({ code: 'UNAUTHORIZED', status: 401, retryable: false, ...options });
  }
}

/** Known person, not allowed. */
export class ForbiddenError extends AppError {
  constructor(options: Details & { code?: string }) {
    super({ code: 'FORBIDDEN', status: 403, retryable: false, ...options });
  }
}

/** There is no such thing, or it is somebody else's institution's. */
export class NotFoundError extends AppError {
  constructor(options: Details & { code?: string }) {
    super({ code: 'NOT_FOUND', status: 404, retryable: false, ...options });
  }
}

/** The thing is in a state that does not allow this now. */
export class ConflictError extends AppError {
  constructor(options: Details & { code?: string; status?: 409 | 412; members?: Readonly<Record<string, unknown>> }) {
    super({ code: 'CONFLICT', status: 409, retryable: false, ...options });
  }
}

/** Too many calls in too short a time. */
export class TooManyRequestsError extends AppError {
  constructor(options: Details & { retryAfterSeconds: number }) {
    super({ code: 'RATE_LIMITED', status: 429, retryable: true, ...options });
  }
}

/** Codes with which a file is refused before anything is queued (contract: "Refused files"). */
export const refusedFileStatus = {
  FILE_TOO_LARGE: 413,
  UNSUPPORTED_FILE_TYPE: 415,
  EMPTY_FILE: 422,
  PDF_ENCRYPTED: 422,
  PDF_UNREADABLE: 422,
  IMAGE_UNREADABLE: 422,
  TOO_MANY_PAGES: 422,
  IMAGE_TOO_LARGE: 422,
  PAGE_TOO_LARGE: 422,
} as const;

export type RefusedFileCode = keyof typeof refusedFileStatus;

/** The file itself is the fault: sending it again changes nothing. */
export class RefusedFileError extends AppError {
  declare readonly code: RefusedFileCode;
  constructor(options: Details & { code: RefusedFileCode }) {
    super({ status: refusedFileStatus[options.code], retryable: false, ...options });
  }
}

/** A service that Gradeflow needs did not answer in time or is away; the same call may work later. */
export class UnavailableError extends AppError {
  constructor(options: Details & { code?: string; retryAfterSeconds?: number; members?: Readonly<Record<string, unknown>> }) {
    super({ code: 'UNAVAILABLE', status: 503, retryable: true, retryAfterSeconds: 5, ...options });
  }
}

/** The spool volume is full. */
export class InsufficientStorageError extends AppError {
  constructor(options: Details) {
    super({ code: 'INSUFFICIENT_STORAGE', status: 507, retryable: true, retryAfterSeconds: 60, ...options });
  }
}

/** A step of the pipeline cannot succeed on this input, however often it is tried. */
export class PermanentError extends AppError {
  constructor(options: Details & { code: string }) {
    super({ status: 422, retryable: false, ...options });
  }
}

/** What happened in words and a code, for storing beside a failed step. Unknown errors say no more than that. */
export function describeError(error: unknown): { code: string; detail: string } {
  if (error instanceof AppError) return { code: error.code, detail: error.message };
  return { code: 'INTERNAL', detail: error instanceof Error ? error.message : String(error) };
}

/** True when the error says of itself that a repetition cannot help. Unknown errors may be repeated. */
export function isPermanent(error: unknown): boolean {
  return error instanceof AppError && !error.retryable;
}
