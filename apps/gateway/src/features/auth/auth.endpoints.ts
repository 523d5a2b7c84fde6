import { LoginBody, RefreshBody, TokenAnswer } from '@gradeflow/contracts';
import { ForbiddenError, UnauthorizedError } from '@gradeflow/errors';
import type { Session } from '../../auth/access-token.ts';
import { bearerOf } from '../../http/authenticate.ts';
import { clearSessionCookies, refreshCookieOf } from '../../http/cookies.ts';
import { defineEndpoint } from '../../http/define-endpoint.ts';
import { requireOwnOrigin } from '../../http/own-origin.ts';
import { accountDraw } from '../../http/rate-limits.ts';
import { answerOf, originOf } from './token-answer.ts';

const login = defineEndpoint({
  method: 'post',
  path: '/v1/auth/login',
  tag: 'Auth',
  summary: 'Sign in with address and password',
  auth: 'public',
  rateLimit: 'login',
  limitedAccount: ({ email }) => email,
  body: LoginBody,
  response: {
    status: 200,
    schema: TokenAnswer,
    description: 'An access token for 15 minutes, and a refresh token (a cookie in the cookie mode)',
  },
  problems: ['401 INVALID_CREDENTIALS', '503 LOGIN_BUSY'],
  handle: async ({ services, body, req, res }) => {
    const signedIn = await services.auth.login({ email: body.email, password: body.password, ...originOf(req) });
    // Only what fails counts against an account.
    await services.rateLimits.forget(accountDraw('login', body.email));
    return { body: answerOf(signedIn, body.session, res) };
  },
});

const refresh = defineEndpoint({
  method: 'post',
  path: '/v1/auth/refresh',
  tag: 'Auth',
  summary: 'Change a refresh token for a new pair; an empty body uses the cookie',
  auth: 'public',
  rateLimit: 'refresh',
  body: RefreshBody,
  response: { status: 200, schema: TokenAnswer, description: 'A new pair; the presented refresh token is used up' },
  problems: ['401 REFRESH_TOKEN_REUSED', '401 REFRESH_TOKEN_INVALID', '403 ORIGIN_NOT_ALLOWED'],
  handle: async ({ services, body, req, res }) => {
    if (body.refreshToken !== undefined)
      return { body: answerOf(await services.auth.refresh(body.refreshToken, { shared: false }), 'token', res) };
    const cookie = refreshCookieOf(req);
    if (cookie === null) throw new UnauthorizedError({ detail: 'Send a refresh token, in the body or as the cookie.' });
    requireOwnOrigin(req, services.publicUrl);
    return { body: answerOf(await services.auth.refresh(cookie, { shared: true }), 'cookie', res) };
  },
});

/** Throws ForbiddenError for an API key, which is no session. */
function sessionOf(session: Session): Session {
  if (session.kind === 'api-key') throw new ForbiddenError({ detail: 'An API key has no session to end; remove the key.' });
  return session;
}

/** An access token that has expired keeps nobody from ending the session by the other one. */
const keepFor = (refreshToken: string | null) => (error: unknown) => {
  if (refreshToken === null) throw error;
  return null;
};

const logout = defineEndpoint({
  method: 'post',
  path: '/v1/auth/logout',
  tag: 'Auth',
  summary: 'End this session: by the access token, a refresh token in the body, or the cookie',
  auth: 'public',
  body: RefreshBody,
  response: { status: 204, description: 'Ended' },
  problems: ['401 UNAUTHORIZED', '403 ORIGIN_NOT_ALLOWED'],
  handle: async ({ services, body, req, res }) => {
    const bearer = bearerOf(req);
    const cookie = body.refreshToken === undefined ? refreshCookieOf(req) : null;
    // First, so that a refused request ends nothing.
    if (cookie !== null) requireOwnOrigin(req, services.publicUrl);
    const refreshToken = body.refreshToken ?? cookie;
    const session = bearer === null ? null : await services.authenticate(req, { readCookie: false }).catch(keepFor(refreshToken));
    if (refreshToken !== null) await services.auth.end({ refreshToken });
    if (session !== null) await services.auth.end(sessionOf(session));
    else if (refreshToken === null) throw new UnauthorizedError({ detail: 'There is no session to end: send its token.' });
    clearSessionCookies(res);
    return {};
  },
});

export const authEndpoints = [login, refresh, logout];
