import { z } from 'zod';
import { Role } from '../domain.ts';
import { Id } from '../ids.ts';

export const SessionMode = z.enum(['token', 'cookie']).default('token');

export const LoginBody = z.object({ email: z.string().max(320), password: z.string().max(1024), session: SessionMode });
export const RefreshBody = z.object({ refreshToken: z.string().max(512).optional() }).default({});

export const AuthUser = z.object({ id: Id, email: z.string(), name: z.string(), role: Role, institutionId: Id });
export type AuthUser = z.infer<typeof AuthUser>;

export const TokenAnswer = z.object({
  user: AuthUser,
  accessToken: z.string(),
  /** Absent in the cookie mode. */
  refreshToken: z.string().optional(),
  /** Seconds until the access token ends. */
  expiresIn: z.number().int().positive(),
});
export type TokenAnswer = z.infer<typeof TokenAnswer>;
