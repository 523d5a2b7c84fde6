import { z } from 'zod';
import { Id } from '../ids.ts';

/** What every step of the submission flow is told. */
export const SubmissionPayload = z.strictObject({
  submissionId: Id,
  /** 1 at first; retry and regrade raise it, so that their jobs have ids of their own. */
  run: z.number().int().positive(),
});
export type SubmissionPayload = z.infer<typeof SubmissionPayload>;
