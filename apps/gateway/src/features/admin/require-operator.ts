import { UnauthorizedError } from '@gradeflow/errors';
import type { Request, RequestHandler, Response } from 'express';
import type { Session } from '../../auth/access-token.ts';
import { bearerOf } from '../../http/authenticate.ts';
import { readCookieOf } from '../../http/cookies.ts';
import { requireOwnOrigin } from '../../http/own-origin.ts';
import type { Services } from '../../services.ts';

const isRead = ({ method }: Request): boolean => method === 'GET' || method === 'HEAD';

/**
 * The bearer header, or the read cookie; a write with the cookie must also come from our own pages. A browser without either is sent to the form.
 * Who it is stands in `res.locals.operator` then.
 */
export function requireOperator(services: Services): RequestHandler {
  return async (req, res, next) => {
    const byCookie = bearerOf(req) === null && readCookieOf(req) !== null;
    if (byCookie && !isRead(req)) requireOwnOrigin(req, services.publicUrl);
    try {
      const actor = await services.authenticate(req, { readCookie: true, cookieWrites: byCookie });
      await services.operators.require(actor);
      res.locals.operator = actor;
      next();
    } catch (error) {
      if (error instanceof UnauthorizedError && req.method === 'GET' && req.accepts(['json', 'html']) === 'html')
        res.redirect(303, '/admin/login');
      else throw error;
    }
  };
}

/** Whom `requireOperator` has let through. */
export function operatorOf(res: Response): Session {
  return res.locals.operator as Session;
}
