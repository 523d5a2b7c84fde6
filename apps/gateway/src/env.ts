import { dataDirEnv, loggingEnv, mailEnv, modelEnv, ocrEnv, postgresEnv, redisEnv, uploadLimitsEnv } from '@gradeflow/config';
import type { RoomLimits } from '@gradeflow/spool';
import { z } from 'zod';
import type { RateBudgets } from './http/rate-limits.ts';

/** `5/60`: five calls in 60 seconds. */
const budget = (fallback: string) =>
  z
    .string()
    .regex(/^[1-9]\d{0,8}\/([1-9]\d{0,2}|[12]\d{3}|3[0-5]\d{2}|3600)$/, 'expects calls/seconds, such as 5/60, an hour at most')
    .default(fallback)
    .transform((text) => {
      const [points = 0, seconds = 0] = text.split('/').map(Number);
      return { points, seconds };
    });

/** How often one may call; README.md says what each is counted by. */
const rateLimitsEnv = {
  LIMIT_API: budget('12000/60'),
  /** A burst of 300 sheets must pass, and so must the pieces of resumable uploads. */
  LIMIT_UPLOAD: budget('3000/60'),
  LIMIT_REFRESH: budget('600/60'),
  LIMIT_PIN: budget('20/60'),
  /** A class may open its results behind one address; the codes are too long to be guessed at this pace. */
  LIMIT_SHARE: budget('600/60'),
  LIMIT_LOGIN_ACCOUNT: budget('5/60'),
  /** A whole school may sit behind one address. */
  LIMIT_LOGIN_ADDRESS: budget('300/60'),
  LIMIT_CODE_ACCOUNT: budget('10/600'),
  LIMIT_CODE_ADDRESS: budget('300/600'),
  LIMIT_MAIL_ACCOUNT: budget('5/600'),
  LIMIT_MAIL_ADDRESS: budget('100/600'),
};

/** When uploads are refused before they are read; README.md says how it is counted. */
const spoolLimitsEnv = {
  /** Of all that stands in the spool; 0: only the free space counts. */
  SPOOL_MAX_MB: z.coerce.number().nonnegative().default(0),
  /** What the volume of the spool must have left. */
  SPOOL_MIN_FREE_MB: z.coerce.number().nonnegative().default(256),
  /** Uploads that are received at the same time. */
  MAX_UPLOADS_AT_ONCE: z.coerce.number().int().positive().default(512),
};

/** Everything that the gateway reads from its environment. */
export const GatewayEnv = z.object({
  ...loggingEnv,
  ...dataDirEnv,
  ...postgresEnv,
  ...redisEnv,
  ...uploadLimitsEnv,
  ...spoolLimitsEnv,
  ...mailEnv,
  /** For what `/v1/meta` tells; the gateway asks no model. */
  ...modelEnv,
  OCR_DATA_DIR: ocrEnv.OCR_DATA_DIR,
  ...rateLimitsEnv,
  NODE_ENV: z.string().default('production'),
  HOST: z.string().default('127.0.0.1'),
  PORT: z.coerce.number().int().min(0).max(65_535).default(3000),
  /** Signs access tokens; `DATA_DIR/secrets/auth` when absent. */
  AUTH_SECRET: z.string().min(32, 'expects 32 characters or more').optional(),
  /** Comma-separated addresses of operators beside the admins of the first institution. */
  OPERATOR_EMAILS: z
    .string()
    .default('')
    .transform((list) =>
      list
        .split(',')
        .map((email) => email.trim().toLowerCase())
        .filter(Boolean),
    ),
  /** Whether anybody may register an institution. */
  REGISTRATION: z.enum(['open', 'closed']).default('open'),
  /** Of worker-ingest: says when at the latest it looks at what the queue has lost. */
  RECONCILE_INTERVAL_MS: z.coerce.number().int().min(50).max(600_000).default(3_000),
  METRICS_TOKEN: z.string().min(8).optional(),
  /** Express' `trust proxy`: `loopback`, addresses or subnets of the proxies, or how many stand in front. Without it the connection's own address counts. */
  TRUST_PROXY: z
    .string()
    .transform((value) => (/^\d+$/.test(value) ? Number(value) : value))
    .optional(),
  CHECK_RESPONSES: z.stringbool().default(false),
});
export type GatewayEnv = z.infer<typeof GatewayEnv>;

export function rateBudgetsOf(env: z.infer<z.ZodObject<typeof rateLimitsEnv>>): RateBudgets {
  return {
    api: env.LIMIT_API,
    upload: env.LIMIT_UPLOAD,
    refresh: env.LIMIT_REFRESH,
    pin: env.LIMIT_PIN,
    share: env.LIMIT_SHARE,
    'login-account': env.LIMIT_LOGIN_ACCOUNT,
    'login-address': env.LIMIT_LOGIN_ADDRESS,
    'code-account': env.LIMIT_CODE_ACCOUNT,
    'code-address': env.LIMIT_CODE_ADDRESS,
    'mail-account': env.LIMIT_MAIL_ACCOUNT,
    'mail-address': env.LIMIT_MAIL_ADDRESS,
  };
}

export function spoolLimitsOf(env: z.infer<z.ZodObject<typeof spoolLimitsEnv>>): RoomLimits {
  const megabyte = 1024 * 1024;
  return {
    maxBytes: env.SPOOL_MAX_MB === 0 ? null : env.SPOOL_MAX_MB * megabyte,
    minFreeBytes: env.SPOOL_MIN_FREE_MB * megabyte,
    maxUploads: env.MAX_UPLOADS_AT_ONCE,
  };
}

/** The budgets of an environment that says nothing about them. */
export const defaultRateBudgets: RateBudgets = rateBudgetsOf(z.object(rateLimitsEnv).parse({}));
