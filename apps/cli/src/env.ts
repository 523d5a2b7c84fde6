import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { loadConfig, loggingEnv, modelEnv, ocrEnv, postgresEnv, redisEnv } from '@gradeflow/config';
import { z } from 'zod';

const repository = fileURLToPath(new URL('../../..', import.meta.url));

export const dataDirOption = {
  /** Spool, storage, secrets, added languages and the embedded servers' data; relative to where the person stands. */
  DATA_DIR: z
    .string()
    .default(path.join(repository, '.data'))
    .transform((folder) => path.resolve(folder)),
};

const schema = z.object({
  PORT: z.coerce.number().int().min(1).max(65_535).default(3000),
  /** Where the gateway listens; the local run is for this machine alone unless told otherwise. */
  HOST: z.string().default('127.0.0.1'),
  ...dataDirOption,
  /** Warnings and up, unless more is asked for. */
  LOG_LEVEL: loggingEnv.LOG_LEVEL.unwrap().default('warn'),
  DATABASE_URL: postgresEnv.DATABASE_URL.optional(),
  REDIS_QUEUE_URL: redisEnv.REDIS_QUEUE_URL.optional(),
  REDIS_CACHE_URL: redisEnv.REDIS_CACHE_URL.optional(),
  QUEUE_PREFIX: redisEnv.QUEUE_PREFIX,
  ...ocrEnv,
  /** `off`: the system's tesseract is not installed where it is missing, also when that would be possible. */
  OCR_INSTALL: z.enum(['auto', 'off']).default('auto'),
  ...modelEnv,
  /** Reads the pages on which OCR is in doubt, on the same endpoint; see worker-ocr. */
  OCR_VISION_MODEL: z.string().optional(),
});

/** What `start`, `dev`, `doctor` and `migrate` read from the environment. */
export type CliEnv = z.infer<typeof schema>;

/** Throws ValidationError CONFIGURATION_INVALID naming every wrong variable. */
export const loadCliEnv = (env: NodeJS.ProcessEnv): CliEnv => loadConfig(schema, env);

/** Where OCR data is looked for first, and where added languages go. The workers of the local run are told the same. */
export function ocrDataFolder({ OCR_DATA_DIR, DATA_DIR }: Pick<CliEnv, 'OCR_DATA_DIR' | 'DATA_DIR'>): string {
  return path.resolve(OCR_DATA_DIR ?? path.join(DATA_DIR, 'tessdata'));
}
