import { loggingEnv, postgresEnv, redisEnv, workerEnv } from '@gradeflow/config';
import { z } from 'zod';

export const WorkerNotificationsEnv = z.object({ ...loggingEnv, ...postgresEnv, ...redisEnv, ...workerEnv });
