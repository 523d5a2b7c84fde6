import { parse } from 'cookie';
import type { Request, Response } from 'express';

const refreshName = 'gf_refresh';
const readName = 'gf_read';

function cookieOf(req: Request, name: string): string | null {
  return parse(req.headers.cookie ?? '')[name] || null;
}

export const refreshCookieOf = (req: Request): string | null => cookieOf(req, refreshName);
export const readCookieOf = (req: Request): string | null => cookieOf(req, readName);

function attributes(res: Response, path: string) {
  return { httpOnly: true, sameSite: 'strict', secure: res.req.secure, path } as const;
}

/** The refresh token, seen by the auth routes alone. */
export function setRefreshCookie(res: Response, token: string, expiresAt: Date): void {
  res.cookie(refreshName, token, { ...attributes(res, '/v1/auth'), expires: expiresAt });
}

/** The short-lived token with which a page may load pictures, files and events. */
export function setReadCookie(res: Response, token: string, maxAgeSeconds: number): void {
  res.cookie(readName, token, { ...attributes(res, '/'), maxAge: maxAgeSeconds * 1000 });
}

export function clearSessionCookies(res: Response): void {
  res.clearCookie(refreshName, attributes(res, '/v1/auth'));
  res.clearCookie(readName, attributes(res, '/'));
}
