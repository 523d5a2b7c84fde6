import { dataDirEnv, loggingEnv, mailEnv, postgresEnv, redisEnv, workerEnv } from '@gradeflow/config';
import { z } from 'zod';

export const WorkerNotificationsEnv = z.object({
  ...loggingEnv,
  ...dataDirEnv,
  ...postgresEnv,
  ...redisEnv,
  ...mailEnv,
  ...workerEnv,
  /** Of the gateway on this machine: for links in mails where PUBLIC_URL says nothing. */
  PORT: z.coerce.number().int().min(0).max(65_535).default(3000),
});
