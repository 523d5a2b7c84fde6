import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Logger } from '@gradeflow/logger';
import type { Request, RequestHandler, Response } from 'express';
import { pinoHttp } from 'pino-http';

/** Also the short ones and the separators that clients and proxies use; nothing that means something in a log or a page. */
const sane = /^[\w.:-]{1,128}$/;

/** The id of this request, as `X-Request-Id` tells it. */
export function requestIdOf(res: Response): string {
  return String(res.getHeader('X-Request-Id') ?? '');
}

export function logOf(req: Request): Logger {
  return (req as unknown as { log: Logger }).log;
}

function requestId(req: IncomingMessage, res: ServerResponse): string {
  const given = req.headers['x-request-id'];
  const id = typeof given === 'string' && sane.test(given) ? given : randomUUID();
  res.setHeader('X-Request-Id', id);
  return id;
}

/**
 * Request id, one log line for each request, and the headers that every answer has. Addresses are logged without their query, since a query may
 * carry what people searched for.
 */
export function requestContext(log: Logger): RequestHandler {
  const http = pinoHttp({
    logger: log,
    genReqId: requestId,
    quietReqLogger: true,
    customAttributeKeys: { reqId: 'requestId' },
    serializers: {
      req: (req: { method: string; url: string }) => ({ method: req.method, path: req.url.split('?')[0] }),
      res: (res: { statusCode: number }) => ({ status: res.statusCode }),
    },
    // The error itself is logged once, by the error handler.
    customErrorObject: (_req, _res, _error, entry: object) => ({ ...entry, err: undefined }),
    customLogLevel: (_req, res, error) => (error || res.statusCode >= 500 ? 'warn' : 'debug'),
  });
  return (req, res, next) => {
    http(req, res);
    res.setHeader('X-Content-Type-Options', 'nosniff');
    res.setHeader('Referrer-Policy', 'no-referrer');
    next();
  };
}
