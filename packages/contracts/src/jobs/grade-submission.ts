import { z } from 'zod';
import { defineJob } from './define-job.ts';
import { SubmissionPayload } from './submission-payload.ts';

/** Parent of the flow: splits the text into answers, grades them, writes the result once. */
export const gradeSubmission = defineJob({
  name: 'grade-submission',
  payload: SubmissionPayload,
  result: z.object({ status: z.enum(['GRADED', 'NEEDS_REVIEW', 'SKIPPED']), gradingId: z.string().nullable() }),
  attempts: 8,
  backoffMs: 500,
  timeoutMs: 600_000,
});
