import { z } from 'zod';
import { defineJob } from './define-job.ts';
import { SubmissionPayload } from './submission-payload.ts';

/** Makes one read-page child for each page that is not read yet, waits for them, and accounts for every page. */
export const extractSheet = defineJob({
  name: 'extract-sheet',
  payload: SubmissionPayload,
  result: z.object({
    pagesTotal: z.number().int(),
    pagesUnreadable: z.number().int(),
    /** Without writing, not read. */ pagesBlank: z.number().int(),
  }),
  attempts: 6,
  backoffMs: 500,
  timeoutMs: 120_000,
});
