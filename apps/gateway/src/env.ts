import { dataDirEnv, loggingEnv, postgresEnv, redisEnv, uploadLimitsEnv } from '@gradeflow/config';
import { z } from 'zod';

/** Everything that the gateway reads from its environment. */
export const GatewayEnv = z.object({
  ...loggingEnv,
  ...dataDirEnv,
  ...postgresEnv,
  ...redisEnv,
  ...uploadLimitsEnv,
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
  METRICS_TOKEN: z.string().min(8).optional(),
  /** Scheme and host that browsers use, when a proxy hides them. */
  PUBLIC_URL: z.url({ protocol: /^https?$/ }).optional(),
  /** Express' `trust proxy`, e.g. `loopback` or an address. */
  TRUST_PROXY: z.string().optional(),
  CHECK_RESPONSES: z.stringbool().default(false),
});
export type GatewayEnv = z.infer<typeof GatewayEnv>;
