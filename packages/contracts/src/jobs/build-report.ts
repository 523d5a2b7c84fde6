import { z } from 'zod';
import { Id } from '../ids.ts';
import { defineJob } from './define-job.ts';

/** Builds the file of one report row. */
export const buildReport = defineJob({
  name: 'build-report',
  payload: z.strictObject({ reportId: Id }),
  result: z.object({ bytes: z.number().int() }),
  attempts: 5,
  backoffMs: 1_000,
  timeoutMs: 300_000,
});
