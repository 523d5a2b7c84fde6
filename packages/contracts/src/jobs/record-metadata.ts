import { z } from 'zod';
import { defineJob } from './define-job.ts';
import { SubmissionPayload } from './submission-payload.ts';

/** Writes the submission's row from the manifest, after checking again that the assessment is there and the uploader may. */
export const recordMetadata = defineJob({
  name: 'record-metadata',
  payload: SubmissionPayload,
  result: z.object({ duplicateOf: z.string().nullable() }),
  attempts: 8,
  backoffMs: 500,
  timeoutMs: 30_000,
});
