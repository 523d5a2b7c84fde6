import { dataDirEnv, loggingEnv, ocrEnv, postgresEnv, redisEnv, uploadLimitsEnv, workerEnv } from '@gradeflow/config';
import { z } from 'zod';
import { visionEnv } from './vision-env.ts';

/** Everything that this process reads from its environment. */
export const WorkerOcrEnv = z.object({
  ...loggingEnv,
  ...dataDirEnv,
  ...postgresEnv,
  ...redisEnv,
  ...uploadLimitsEnv,
  ...ocrEnv,
  ...workerEnv,
  /** Languages of a sheet whose assessment cannot be asked right now, separated by commas, as the OCR data is named. */
  OCR_LANGUAGES: z
    .string()
    .regex(/^[A-Za-z_]{2,20}(,[A-Za-z_]{2,20})*$/, 'expects codes like eng,deu')
    .default('eng')
    .transform((codes) => codes.split(',')),
  /** Longest time for one page. */
  OCR_PAGE_TIMEOUT_MS: z.coerce.number().int().min(1_000).max(110_000).default(60_000),
  ...visionEnv,
});
export type WorkerOcrEnv = z.infer<typeof WorkerOcrEnv>;
