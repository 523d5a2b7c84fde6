import { dataDirEnv, loggingEnv, postgresEnv, redisEnv, workerEnv } from '@gradeflow/config';
import { z } from 'zod';

export const WorkerReportsEnv = z.object({ ...loggingEnv, ...dataDirEnv, ...postgresEnv, ...redisEnv, ...workerEnv });
