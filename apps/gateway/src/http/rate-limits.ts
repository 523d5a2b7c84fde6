import { hash } from 'node:crypto';
import { isIPv6 } from 'node:net';
import { TooManyRequestsError } from '@gradeflow/errors';
import type { RateBudget, RateLimiter, RateVerdict } from '@gradeflow/redis';
import type { Request, Response } from 'express';
import type { Session } from '../auth/access-token.ts';
import type { Endpoint } from './define-endpoint.ts';

export type BudgetName =
  | 'api'
  | 'upload'
  | 'refresh'
  | 'pin'
  | 'share'
  | 'login-account'
  | 'login-address'
  | 'code-account'
  | 'code-address'
  | 'mail-account'
  | 'mail-address';
export type RateBudgets = Readonly<Record<BudgetName, RateBudget>>;

/** One thing to count: so much of this budget for this key. */
export interface Draw {
  name: BudgetName;
  key: string;
}

export interface RateLimits {
  /** Counts in order and says in the headers what is left of the scarcest. Throws TooManyRequestsError at the first that is used up; what follows it is not counted. */
  draw(res: Response, draws: readonly Draw[]): Promise<void>;
  /** Counts on a point that this process holds already, and gives the headers that say what is left; null, and nothing is counted, when it has to ask for one. */
  drawHeld(draw: Draw): Record<string, number> | null;
  /** The same without a word to the client. */
  isWithin(draws: readonly Draw[]): Promise<boolean>;
  forget(draw: Draw): Promise<void>;
}

export function createRateLimits(limiter: RateLimiter<BudgetName>): RateLimits {
  return {
    draw: async (res, draws) => {
      for (const { name, key } of draws) {
        const verdict = await limiter.consume(name, key);
        tellRest(res, verdict);
        if (!verdict.allowed)
          throw new TooManyRequestsError({ detail: 'Too many calls; wait a little.', retryAfterSeconds: verdict.resetSeconds });
      }
    },
    drawHeld: ({ name, key }) => {
      const verdict = limiter.takeHeld(name, key);
      return verdict && restHeaders(verdict);
    },
    isWithin: async (draws) => {
      for (const { name, key } of draws) if (!(await limiter.consume(name, key)).allowed) return false;
      return true;
    },
    forget: ({ name, key }) => limiter.forget(name, key),
  };
}

/** What a call of this endpoint is counted on. The account comes first: a flood on one must not use up what others behind the same address have. */
export function drawsOf(endpoint: Endpoint, who: { actor: Session | null; req: Request; body: unknown }): Draw[] {
  const name = endpoint.rateLimit ?? 'api';
  if (name === 'none') return [];
  if (who.actor && name !== 'login' && name !== 'code') return [{ name, key: who.actor.userId }];
  const address = addressBlock(who.req.ip);
  if (name === 'login' || name === 'code') {
    const account = endpoint.limitedAccount?.(who.body) ?? null;
    return [...(account === null ? [] : [accountDraw(name, account)]), { name: `${name}-address`, key: address }];
  }
  return [{ name, key: address }];
}

/** Addresses of people stand nowhere in Redis, only their hash. */
export function accountDraw(kind: 'login' | 'code' | 'mail', account: string): Draw {
  return { name: `${kind}-account`, key: hash('sha256', account.trim().toLowerCase()).slice(0, 32) };
}

/** The address as it is counted: of IPv6 the first 64 bits, since whoever has one has all of them. */
export function addressBlock(ip: string | undefined): string {
  const plain = ip?.replace(/^::ffff:(?=\d+\.)/i, '').replace(/%.*$/, '') ?? 'unknown';
  if (!isIPv6(plain)) return plain;
  const [head = '', tail] = plain.split('::');
  const first = head.split(':').filter(Boolean);
  const missing = tail === undefined ? 0 : 8 - first.length - tail.split(':').filter(Boolean).length;
  const groups = [...first, ...Array<string>(Math.max(0, missing)).fill('0')];
  return `${groups
    .slice(0, 4)
    .map((group) => Number.parseInt(group, 16).toString(16))
    .join(':')}::/64`;
}

function tellRest(res: Response, verdict: RateVerdict): void {
  const told = res.getHeader('RateLimit-Remaining');
  if (told !== undefined && Number(told) <= verdict.remaining) return;
  for (const [name, value] of Object.entries(restHeaders(verdict))) res.setHeader(name, value);
}

function restHeaders({ limit, remaining, resetSeconds }: RateVerdict): Record<string, number> {
  return { 'RateLimit-Limit': limit, 'RateLimit-Remaining': remaining, 'RateLimit-Reset': resetSeconds };
}
