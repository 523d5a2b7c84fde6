import { z } from 'zod';
import { redisPlaceOf } from './redis-place.ts';

/** Fragments of the environment; an app's env.ts picks what it needs with `z.object({...a, ...b})`. */

export const loggingEnv = { LOG_LEVEL: z.enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent']).default('info') };

export const dataDirEnv = {
  /** Absolute folder of spool, storage, secrets and mail. */
  DATA_DIR: z.string().min(1),
};

export const postgresEnv = {
  DATABASE_URL: z.url({ protocol: /^postgres(ql)?$/, error: 'expects postgres://user:password@host:port/name' }),
};

/** Stays text; `redisPlaceOf` says which forms there are. */
const redisUrl = (refused?: { kind: 'cluster'; because: string }) =>
  z.string().superRefine((url, context) => {
    try {
      if (redisPlaceOf(url).kind === refused?.kind) throw new Error(refused.because);
    } catch (error) {
      context.addIssue({ code: 'custom', message: error instanceof Error ? error.message : String(error) });
    }
  });

export const redisEnv = {
  /** `noeviction`; holds BullMQ's data only. */
  REDIS_QUEUE_URL: redisUrl({ kind: 'cluster', because: 'names a cluster: the queue wants one server, or sentinels' }),
  /** May evict; everything that is not BullMQ's. */
  REDIS_CACHE_URL: redisUrl(),
  /** Prefix of all queue keys; the braces keep a cluster's keys on one node. */
  QUEUE_PREFIX: z.string().default('{gradeflow}'),
};

export const uploadLimitsEnv = {
  MAX_UPLOAD_MB: z.coerce.number().positive().default(100),
  MAX_PAGES: z.coerce.number().int().positive().default(500),
  MAX_PAGE_PIXELS: z.coerce.number().int().positive().default(100_000_000),
};

export const ocrEnv = {
  /** Folder with `<lang>.traineddata`; before system folders and the packaged data. */
  OCR_DATA_DIR: z.string().optional(),
  /** `native`: the system's tesseract 5; `tesseract.js`: the built-in one; `auto`: native where it is installed. */
  OCR_ENGINE: z.enum(['auto', 'tesseract.js', 'native']).default('auto'),
  /** Pages read at once; the number of cores when absent. */
  OCR_CONCURRENCY: z.coerce.number().int().positive().max(256).optional(),
};

export const modelEnv = {
  /** Any OpenAI-compatible endpoint; the built-in grader is used when it is absent. */
  OPENAI_BASE_URL: z.url().optional(),
  OPENAI_API_KEY: z.string().optional(),
  OPENAI_MODEL: z.string().optional(),
  /** `auto`: openai when a model is configured, else offline. */
  GRADER: z.enum(['auto', 'offline', 'openai']).default('auto'),
};

/** What the model costs; read where calls are counted. */
export const modelPriceEnv = {
  /** Of a million tokens sent and of a million received; both or none. */
  OPENAI_PRICE_INPUT: z.coerce.number().nonnegative().max(1_000_000).optional(),
  OPENAI_PRICE_OUTPUT: z.coerce.number().nonnegative().max(1_000_000).optional(),
  OPENAI_PRICE_CURRENCY: z
    .string()
    .regex(/^[A-Z]{3}$/, 'expects three capitals like EUR')
    .default('USD'),
  /** Longest reply that is asked for once there are prices: without a limit nobody knows what a call can cost. */
  OPENAI_MAX_REPLY_TOKENS: z.coerce.number().int().min(200).max(100_000).default(4_000),
};

export const mailEnv = {
  /** `smtp://user:password@host:587` or `smtps://…`; without it every mail is a file in `DATA_DIR/mail`. */
  SMTP_URL: z.url({ protocol: /^smtps?$/, error: 'expects smtp://host:port' }).optional(),
  MAIL_FROM: z.string().min(3).max(320).default('Gradeflow <no-reply@localhost>'),
  /** Scheme and host under which people reach Gradeflow: links in mails begin with it. */
  PUBLIC_URL: z.url({ protocol: /^https?$/ }).optional(),
};

export const workerEnv = {
  /** Workers refuse a queue Redis that may throw jobs away; `true` lets them start all the same. */
  QUEUE_ALLOW_EVICTION: z.stringbool().default(false),
  /** Name of this process in heartbeats; made up when absent. */
  INSTANCE_ID: z
    .string()
    .regex(/^[A-Za-z0-9-]{1,80}$/)
    .optional(),
  /** Port of `/metrics` and `/healthz` of a worker; none when absent. */
  METRICS_PORT: z.coerce.number().int().min(0).max(65_535).optional(),
  /** Address of that listener; `0.0.0.0` in a container. */
  METRICS_HOST: z.string().default('127.0.0.1'),
};
