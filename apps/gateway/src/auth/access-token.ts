import { createSecretKey, hash, randomUUID } from 'node:crypto';
import { Role } from '@gradeflow/contracts';
import type { Actor } from '@gradeflow/database';
import { UnauthorizedError } from '@gradeflow/errors';
import { jwtVerify, SignJWT } from 'jose';
import { z } from 'zod';

/** Lifetime of an access token and of the read cookie. */
export const accessSeconds = 15 * 60;
const issuer = 'gradeflow';
const audiences = { access: 'gradeflow-api', read: 'gradeflow-read' } as const;
const maxRemembered = 20_000;

/** Who is asking, in which session. */
export interface Session extends Actor {
  /** Id of the refresh family: logging out ends every access token that carries it. Of a machine: the id of its API key. */
  sessionId: string;
  kind: 'session' | 'api-key';
  /** Seconds since the epoch; Infinity for a key without an end. */
  expiresAt: number;
}

/** `access`: the bearer header. `read`: the cookie with which a page loads pictures and files; neither is accepted for the other. */
export type TokenKind = keyof typeof audiences;

export interface AccessTokens {
  sign(kind: TokenKind, actor: Actor, sessionId: string): Promise<string>;
  /** Throws UnauthorizedError for anything that is not a live token of this kind, signed by us. */
  verify(token: string, kind: TokenKind): Promise<Session>;
  /** Of a token that was verified before; null when it has to be verified. */
  recall(token: string, kind: TokenKind): Session | null;
}

const Claims = z.object({ sub: z.guid(), inst: z.guid(), role: Role, sid: z.guid(), exp: z.number() });

/**
 * HS256 tokens. The header names the key by a hash of it, so that a changed secret refuses old tokens by name. A verified token is remembered
 * until it expires: verifying costs once.
 */
export function createAccessTokens(options: { secret: string }): AccessTokens {
  const key = createSecretKey(Buffer.from(options.secret, 'utf8'));
  const kid = hash('sha256', `kid:${options.secret}`).slice(0, 12);
  const remembered: Record<TokenKind, Map<string, Session>> = { access: new Map(), read: new Map() };

  const check = async (token: string, kind: TokenKind): Promise<Session> => {
    const { payload, protectedHeader } = await jwtVerify(token, key, {
      issuer,
      audience: audiences[kind],
      algorithms: ['HS256'],
      clockTolerance: 5,
    });
    if (protectedHeader.kid !== kid) throw new Error('unknown key');
    const claims = Claims.parse(payload);
    return {
      userId: claims.sub,
      institutionId: claims.inst,
      role: claims.role,
      sessionId: claims.sid,
      kind: 'session',
      expiresAt: claims.exp,
    };
  };

  const recall = (token: string, kind: TokenKind): Session | null => {
    const known = remembered[kind].get(token);
    return known && known.expiresAt * 1000 > Date.now() ? known : null;
  };

  return {
    recall,
    sign: (kind, actor, sessionId) =>
      new SignJWT({ inst: actor.institutionId, role: actor.role, sid: sessionId })
        .setProtectedHeader({ alg: 'HS256', kid })
        .setSubject(actor.userId)
        .setIssuer(issuer)
        .setAudience(audiences[kind])
        .setIssuedAt()
        .setJti(randomUUID())
        .setExpirationTime(`${accessSeconds}s`)
        .sign(key),

    verify: async (token, kind) => {
      const seen = remembered[kind];
      const known = recall(token, kind);
      if (known) return known;
      seen.delete(token);
      const session = await check(token, kind).catch((cause: unknown) => {
        throw new UnauthorizedError({ detail: 'This token is not valid or has expired.', cause });
      });
      if (seen.size >= maxRemembered) seen.delete(seen.keys().next().value ?? '');
      seen.set(token, session);
      return session;
    },
  };
}
