import { dataDirEnv, loggingEnv, modelEnv, modelPriceEnv, postgresEnv, redisEnv, workerEnv } from '@gradeflow/config';
import { z } from 'zod';

/** Everything that this process reads from its environment. */
export const GradingEnv = z.object({
  ...loggingEnv,
  ...dataDirEnv,
  ...postgresEnv,
  ...redisEnv,
  ...modelEnv,
  ...modelPriceEnv,
  ...workerEnv,
  /** Sheets graded at once. */
  GRADING_CONCURRENCY: z.coerce.number().int().positive().max(64).default(4),
});
export type GradingEnv = z.infer<typeof GradingEnv>;
