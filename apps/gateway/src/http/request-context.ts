import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { Logger } from '@gradeflow/logger';
import type { Request, RequestHandler, Response } from 'express';

/** Also the short ones and the separators that clients and proxies use; nothing that means something in a log or a page. */
const sane = /^[\w.:-]{1,128}$/;

/** Of a request that has passed `requestContext`. */
type Known = Request & { log?: Logger; processLog?: Logger };

/** The id of this request, as `X-Request-Id` tells it. */
export function requestIdOf(res: Response): string {
  return String(res.getHeader('X-Request-Id') ?? '');
}

/** Its lines carry the id of the request. Made when it is asked for: most requests log nothing. */
export function logOf(req: Request): Logger {
  const known: Known = req;
  if (!known.processLog || !req.res) throw new Error('this request has not passed requestContext');
  known.log ??= known.processLog.child({ requestId: requestIdOf(req.res) });
  return known.log;
}

/** What every answer carries. */
export function commonHeaders(req: IncomingMessage): Record<string, string> {
  const given = req.headers['x-request-id'];
  const requestId = typeof given === 'string' && sane.test(given) ? given : randomUUID();
  return { 'X-Request-Id': requestId, 'X-Content-Type-Options': 'nosniff', 'Referrer-Policy': 'no-referrer' };
}

/**
 * Request id, one log line for each request, and the headers that every answer has. Addresses are logged without their query, since a query may
 * carry what people searched for; an error itself is logged once, by the error handler.
 */
export function requestContext(log: Logger): RequestHandler {
  const says = { debug: log.isLevelEnabled('debug'), warn: log.isLevelEnabled('warn') };
  return (req, res, next) => {
    for (const [name, value] of Object.entries(commonHeaders(req))) res.setHeader(name, value);
    (req as Known).processLog = log;
    const began = performance.now();
    const [path] = req.url.split('?');
    res.once('close', () => {
      const level = res.statusCode >= 500 ? 'warn' : 'debug';
      if (!says[level]) return;
      const entry = {
        req: { method: req.method, path },
        res: { status: res.statusCode },
        responseTime: Math.round(performance.now() - began),
      };
      logOf(req)[level](entry, res.writableFinished ? 'request completed' : 'request aborted');
    });
    next();
  };
}
