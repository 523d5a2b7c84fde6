import { dataDirEnv, loggingEnv, postgresEnv, redisEnv, workerEnv } from '@gradeflow/config';
import { z } from 'zod';

export const WorkerIngestEnv = z.object({
  ...loggingEnv,
  ...dataDirEnv,
  ...postgresEnv,
  ...redisEnv,
  ...workerEnv,
  /** Pause between two comparisons of spool and database with the queue. */
  RECONCILE_INTERVAL_MS: z.coerce.number().int().min(50).max(600_000).default(3_000),
});
