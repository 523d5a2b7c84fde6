import type { IncomingMessage } from 'node:http';
import { UnauthorizedError } from '@gradeflow/errors';
import type { Presence } from '@gradeflow/redis';
import type { Request } from 'express';
import type { AccessTokens, Session } from '../auth/access-token.ts';
import { type ApiKeys, isApiKey } from '../auth/api-keys.ts';
import type { LastSeen } from '../auth/last-seen.ts';
import type { Revocations } from '../auth/revocations.ts';
import { readCookieOf } from './cookies.ts';

/**
 * Who asks. Throws UnauthorizedError. `readCookie` admits the `gf_read` cookie on GET and HEAD; with `cookieWrites` on other methods, too: for whoever has
 * checked that the call comes from our own pages.
 */
export type Authenticate = (req: Request, options: { readCookie: boolean; cookieWrites?: boolean }) => Promise<Session>;

/** Who asks, when that needs no look anywhere; null when `Authenticate` has to be asked. */
export type Recognise = (req: IncomingMessage) => Session | null;

/** The bearer token of a request; null when it carries none. */
export function bearerOf(req: IncomingMessage): string | null {
  return /^Bearer +(\S+)$/i.exec(req.headers.authorization ?? '')?.[1] ?? null;
}

interface Deps {
  tokens: AccessTokens;
  apiKeys: Pick<ApiKeys, 'verify'>;
  revocations: Revocations;
  lastSeen: LastSeen;
  presence: Pick<Presence, 'touch'>;
}

/**
 * Signed claims or an API key first, then the list of ended sessions; without Redis the claims alone count until they expire.
 * Which person is there is noted, and nobody waits for that; a machine with a person's key is not that person.
 */
export function createAuthenticate(deps: Deps): Authenticate {
  const verify = async (req: Request, readCookie: boolean, cookieWrites: boolean): Promise<Session> => {
    const bearer = bearerOf(req);
    if (bearer && isApiKey(bearer)) return deps.apiKeys.verify(bearer);
    if (bearer) return deps.tokens.verify(bearer, 'access');
    const cookie = readCookie && (cookieWrites || req.method === 'GET' || req.method === 'HEAD') ? readCookieOf(req) : null;
    if (cookie) return deps.tokens.verify(cookie, 'read');
    throw new UnauthorizedError({ detail: 'Sign in first: send Authorization: Bearer <accessToken>.' });
  };
  return async (req, { readCookie, cookieWrites = false }) => {
    const session = await verify(req, readCookie, cookieWrites);
    if (await deps.revocations.isEnded(session.sessionId))
      throw new UnauthorizedError({ detail: 'This session has ended; sign in again.' });
    note(deps, session);
    return session;
  };
}

/** The same for people whose token and session are known here and now. */
export function createRecognise(deps: Pick<Deps, 'tokens' | 'revocations' | 'lastSeen' | 'presence'>): Recognise {
  return (req) => {
    const bearer = bearerOf(req);
    const session = bearer === null ? null : deps.tokens.recall(bearer, 'access');
    if (!session || !deps.revocations.isSurelyAlive(session.sessionId)) return null;
    note(deps, session);
    return session;
  };
}

function note({ lastSeen, presence }: Pick<Deps, 'lastSeen' | 'presence'>, session: Session): void {
  lastSeen.note(session);
  if (session.kind === 'session') presence.touch(session.userId);
}
