import { STATUS_CODES } from 'node:http';
import type { Problem } from '@gradeflow/contracts';
import { AppError, NotFoundError } from '@gradeflow/errors';
import type { ErrorRequestHandler, RequestHandler } from 'express';
import { logOf, requestIdOf } from './request-context.ts';

/** Express and its parts mark client faults with a `status` of their own (a bad percent escape in the path, for one). */
function clientStatus(error: unknown): number | null {
  const status = (error as { status?: unknown } | null)?.status;
  return typeof status === 'number' && status >= 400 && status < 500 ? status : null;
}

/** RFC 9457 problem of an error. Unknown errors say nothing of what happened inside; that stands in the log. */
export function toProblem(error: unknown, requestId: string): Problem {
  const known = error instanceof AppError ? error : null;
  const status = known?.status ?? clientStatus(error) ?? 500;
  const code = known?.code ?? (status === 500 ? 'INTERNAL' : 'BAD_REQUEST');
  return {
    ...known?.members,
    type: `urn:gradeflow:problem:${code}`,
    title: STATUS_CODES[status] ?? 'Error',
    status,
    detail:
      known?.message ??
      (status === 500 ? 'Something went wrong inside; the request id finds it in the log.' : 'The request can not be read.'),
    code,
    requestId,
    ...(known?.errors ? { errors: [...known.errors] } : {}),
  };
}

/** The last handler: every error leaves as problem+json, and never with a stack. */
export function errorHandler(): ErrorRequestHandler {
  return (error, req, res, _next) => {
    const problem = toProblem(error, requestIdOf(res));
    // A 5xx of the AppError family is a service that is away: known, so a warning without a stack.
    if (problem.status >= 500 && error instanceof AppError)
      logOf(req).warn({ code: problem.code, cause: String(error.cause ?? '') }, error.message);
    else if (problem.status >= 500) logOf(req).error({ err: error }, 'request failed');
    if (res.headersSent) return void res.destroy();
    if (res.closed) return;
    if (error instanceof AppError && error.retryAfterSeconds !== undefined) res.set('Retry-After', String(error.retryAfterSeconds));
    if (problem.status === 401) res.set('WWW-Authenticate', 'Bearer realm="gradeflow"');
    // What was said about a body that is not sent any more.
    for (const name of ['ETag', 'Content-Disposition', 'Content-Length', 'Accept-Ranges']) res.removeHeader(name);
    res.set('Cache-Control', 'no-store').status(problem.status).type('application/problem+json').send(JSON.stringify(problem));
  };
}

/** Everything that no route has answered. */
export const unknownRoute: RequestHandler = () => {
  throw new NotFoundError({ detail: 'There is nothing at this address.' });
};
