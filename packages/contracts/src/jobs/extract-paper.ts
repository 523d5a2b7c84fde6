import { z } from 'zod';
import { defineJob } from './define-job.ts';
import { QuestionPaperPayload } from './question-paper-payload.ts';

/** Makes one read-page child for each page of a question paper that is not read yet, waits for them, proposes the questions and writes all of it once. */
export const extractPaper = defineJob({
  name: 'extract-paper',
  payload: QuestionPaperPayload,
  result: z.object({ pagesTotal: z.number().int(), proposals: z.number().int() }),
  attempts: 6,
  backoffMs: 500,
  timeoutMs: 300_000,
});
