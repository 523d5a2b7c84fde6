import { z } from 'zod';
import { Id } from '../ids.ts';

/** What the job of a question paper is told. */
export const QuestionPaperPayload = z.strictObject({
  paperId: Id,
  /** 1 at first; raised when a run ended without a result because a service was away. */
  run: z.number().int().positive(),
});
export type QuestionPaperPayload = z.infer<typeof QuestionPaperPayload>;
