import { hash, randomBytes } from 'node:crypto';
import type { AuthUser } from '@gradeflow/contracts';
import type { Database, User } from '@gradeflow/database';
import { NotFoundError, UnauthorizedError } from '@gradeflow/errors';
import { uuidv7 } from 'uuidv7';
import type { AccessTokens } from '../../auth/access-token.ts';
import { accessSeconds } from '../../auth/access-token.ts';
import type { Passwords } from '../../auth/passwords.ts';
import type { Revocations } from '../../auth/revocations.ts';

const refreshDays = 30;

export interface SignedIn {
  user: AuthUser;
  sessionId: string;
  accessToken: string;
  readToken: string;
  expiresIn: number;
  /** Null when an earlier refresh of a moment ago already gave the new one out. */
  refresh: { token: string; expiresAt: Date } | null;
}

/** Where a session begins. */
export interface Origin {
  device: string | null;
  address: string | null;
}

export interface AuthService {
  /** Throws UnauthorizedError INVALID_CREDENTIALS, in the same time and words for an unknown address and a wrong password. */
  login(input: { email: string; password: string } & Origin): Promise<SignedIn>;
  /** A new session of somebody who has shown by other means who it is. */
  begin(user: User, from: Origin): Promise<SignedIn>;
  /**
   * Rotates. An older token again ends the family: UnauthorizedError REFRESH_TOKEN_REUSED; what was never a live token: REFRESH_TOKEN_INVALID.
   * `shared`: the token lives in a cookie that several tabs share, so the one before, up to 10 s old, is no theft.
   */
  refresh(token: string, options: { shared: boolean }): Promise<SignedIn>;
  /** Ends the session of a refresh token or an access token; quiet when it is over already. */
  end(which: { refreshToken: string } | { sessionId: string }): Promise<void>;
  /** Throws NotFoundError SESSION_NOT_FOUND for what is not this person's. */
  endOwn(userId: string, sessionId: string): Promise<void>;
  /** Ends every session of a person. */
  endAll(userId: string): Promise<void>;
  /** Throws NotFoundError API_KEY_NOT_FOUND for what is not this person's. */
  removeApiKey(userId: string, id: string): Promise<void>;
}

interface Deps {
  database: Database;
  passwords: Passwords;
  tokens: AccessTokens;
  revocations: Revocations;
}

const hashOf = (token: string) => hash('sha256', token);
const familyOf = (token: string) => /^([0-9a-f-]{36})\.[\w-]{43}$/.exec(token)?.[1] ?? null;
const newToken = (familyId: string) => `${familyId}.${randomBytes(32).toString('base64url')}`;
const refreshEnd = () => new Date(Date.now() + refreshDays * 86_400_000);

export function createAuthService({ database, passwords, tokens, revocations }: Deps): AuthService {
  const signedIn = async (user: User, sessionId: string, refresh: SignedIn['refresh']): Promise<SignedIn> => {
    const actor = { userId: user.id, institutionId: user.institutionId, role: user.role };
    const [accessToken, readToken] = await Promise.all([tokens.sign('access', actor, sessionId), tokens.sign('read', actor, sessionId)]);
    const { id, email, name, role, institutionId } = user;
    return { user: { id, email, name, role, institutionId }, sessionId, accessToken, readToken, expiresIn: accessSeconds, refresh };
  };

  const begin = async (user: User, { device, address }: Origin): Promise<SignedIn> => {
    const familyId = uuidv7();
    const refresh = { token: newToken(familyId), expiresAt: refreshEnd() };
    await database.refreshFamilies.insert({
      id: familyId,
      userId: user.id,
      currentHash: hashOf(refresh.token),
      device,
      address,
      expiresAt: refresh.expiresAt,
    });
    return signedIn(user, familyId, refresh);
  };

  const endFamily = async (familyId: string) => {
    await revocations.end(familyId);
    await database.refreshFamilies.revoke(familyId);
  };

  return {
    login: async ({ email, password, device, address }) => {
      const user = await database.users.findByEmail(email.trim().toLowerCase());
      const matches = await passwords.matches(password, user?.passwordHash ?? null);
      if (!user || !matches)
        throw new UnauthorizedError({ code: 'INVALID_CREDENTIALS', detail: 'This pair of address and password is not known.' });
      return begin(user, { device, address });
    },
    begin,

    refresh: async (token, { shared }) => {
      const familyId = familyOf(token);
      if (familyId === null) throw invalidRefresh();
      const next = newToken(familyId);
      const { outcome, userId } = await database.refreshFamilies.rotate({
        familyId,
        presentedHash: hashOf(token),
        nextHash: hashOf(next),
        now: new Date(),
      });
      if (outcome === 'reused' || (outcome === 'grace' && !shared)) {
        await endFamily(familyId);
        throw new UnauthorizedError({
          code: 'REFRESH_TOKEN_REUSED',
          detail: 'This refresh token was used before, so its session has been ended. Sign in again.',
        });
      }
      const user = outcome === 'unknown' || userId === null ? null : await database.users.find(userId);
      if (!user) throw invalidRefresh();
      return signedIn(user, familyId, outcome === 'rotated' ? { token: next, expiresAt: refreshEnd() } : null);
    },

    end: async (which) => {
      if ('sessionId' in which) return endFamily(which.sessionId);
      // Only the holder of a token may end its session: a family's id alone is no secret.
      const familyId = familyOf(which.refreshToken);
      if (familyId === null) return;
      const { outcome } = await database.refreshFamilies.rotate({
        familyId,
        presentedHash: hashOf(which.refreshToken),
        nextHash: hashOf(newToken(familyId)),
        now: new Date(),
      });
      if (outcome !== 'unknown') await endFamily(familyId);
    },

    endOwn: async (userId, sessionId) => {
      if (!(await database.sessions.endOwn(userId, sessionId)))
        throw new NotFoundError({ code: 'SESSION_NOT_FOUND', detail: 'You have no such session.' });
      await revocations.end(sessionId);
    },

    endAll: async (userId) => {
      const ended = await database.sessions.endAll(userId);
      await Promise.all(ended.map((id) => revocations.end(id)));
    },

    removeApiKey: async (userId, id) => {
      if (!(await database.apiKeys.removeOwn(userId, id)))
        throw new NotFoundError({ code: 'API_KEY_NOT_FOUND', detail: 'You have no such API key.' });
      // A gateway that remembers the key while Postgres is silent must not go on with it.
      await revocations.end(id);
    },
  };
}

function invalidRefresh(): UnauthorizedError {
  return new UnauthorizedError({ code: 'REFRESH_TOKEN_INVALID', detail: 'This refresh token is not valid or has expired. Sign in again.' });
}
