import { z } from 'zod';
import { defineJob } from './define-job.ts';
import { SubmissionPayload } from './submission-payload.ts';

/** Copies the originals from the spool to the storage, checked by hash. */
export const persistFile = defineJob({
  name: 'persist-file',
  payload: SubmissionPayload,
  result: z.object({ files: z.number().int() }),
  attempts: 8,
  backoffMs: 500,
  timeoutMs: 300_000,
});
