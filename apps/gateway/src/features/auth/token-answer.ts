import type { TokenAnswer } from '@gradeflow/contracts';
import type { Request, Response } from 'express';
import { setReadCookie, setRefreshCookie } from '../../http/cookies.ts';
import type { Origin, SignedIn } from './auth.service.ts';

/** In the cookie mode the refresh token goes into its cookie and nowhere else. */
export function answerOf(signedIn: SignedIn, session: 'token' | 'cookie', res: Response): TokenAnswer {
  const { user, accessToken, expiresIn, refresh } = signedIn;
  if (session === 'token') return { user, accessToken, expiresIn, ...(refresh ? { refreshToken: refresh.token } : {}) };
  if (refresh) setRefreshCookie(res, refresh.token, refresh.expiresAt);
  setReadCookie(res, signedIn.readToken, expiresIn);
  return { user, accessToken, expiresIn };
}

/** What the list of sessions says about where this one began. */
export function originOf(req: Request): Origin {
  return { device: req.get('User-Agent')?.slice(0, 300) ?? null, address: req.ip ?? null };
}
