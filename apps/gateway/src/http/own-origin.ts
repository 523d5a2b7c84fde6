import { ForbiddenError } from '@gradeflow/errors';
import type { Request } from 'express';

/**
 * Calls that act on a cookie come from our own pages: the browser's `Origin` names this host (or `publicUrl`, when the outside name is
 * configured). Throws ForbiddenError ORIGIN_NOT_ALLOWED for any other origin and for none.
 */
export function requireOwnOrigin(req: Request, publicUrl: string | null): void {
  const origin = URL.parse(req.headers.origin ?? '');
  const own = publicUrl === null ? origin?.host === req.host : origin?.origin === new URL(publicUrl).origin;
  if (origin === null || !own) throw new ForbiddenError({ code: 'ORIGIN_NOT_ALLOWED', detail: 'This call must come from our own pages.' });
}
