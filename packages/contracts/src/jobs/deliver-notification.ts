import { z } from 'zod';
import { Id } from '../ids.ts';
import { defineJob } from './define-job.ts';

/** Tells everybody concerned that a grading is there; writes each notice once. */
export const deliverNotification = defineJob({
  name: 'deliver-notification',
  payload: z.strictObject({ gradingId: Id }),
  result: z.object({ delivered: z.number().int() }),
  attempts: 8,
  backoffMs: 1_000,
  timeoutMs: 30_000,
});
