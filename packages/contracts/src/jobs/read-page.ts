import { z } from 'zod';
import { defineJob } from './define-job.ts';
import { SubmissionPayload } from './submission-payload.ts';

/** Reads one page into `pages/<n>.json` and `pages/<n>.webp` of the spool entry. */
export const readPage = defineJob({
  name: 'read-page',
  payload: SubmissionPayload.extend({
    /** 1-based over the whole submission. */
    page: z.number().int().positive(),
    /** Index into the manifest's files. */
    file: z.number().int().nonnegative(),
    /** 1-based inside that file. */
    filePage: z.number().int().positive(),
  }),
  result: z.object({ page: z.number().int() }),
  attempts: 4,
  backoffMs: 500,
  timeoutMs: 120_000,
});
