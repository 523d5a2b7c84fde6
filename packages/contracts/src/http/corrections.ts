import { z } from 'zod';
import { AnswerChange, answerChangeFields } from '../correction.ts';
import { Id, Timestamp } from '../ids.ts';
import { Person, SubmissionView } from './submissions.ts';

/** One of `text`, `words` and `assign`. */
export const CorrectAnswerBody = z
  .strictObject({
    ...answerChangeFields,
    /** A grading of the question that the person saw; when the answer was corrected since, nothing is written. */
    basedOn: Id.optional(),
  })
  .refine(({ text, words, assign }) => [text, words, assign].filter((given) => given !== undefined).length === 1, {
    error: 'give one of text, words and assign',
  });
export type CorrectAnswerBody = z.infer<typeof CorrectAnswerBody>;

export const CorrectionView = z
  .object({
    id: Id,
    by: Person.nullable(),
    createdAt: Timestamp,
    change: AnswerChange,
    /** The answer before it. */
    before: z.string(),
    /** The answer with it; null until it is graded again. */
    after: z.string().nullable(),
  })
  .meta({ id: 'Correction' });
export type CorrectionView = z.infer<typeof CorrectionView>;

/** How an answer reads: by the machine, and by what people have corrected. */
export const AnswerReading = z.object({
  questionId: Id,
  /** The machine's latest grading of the question: what a correction is based on. */
  gradingId: Id.nullable(),
  /** As it counts now. */
  text: z.string(),
  machineText: z.string(),
  /** Newest first. */
  corrections: z.array(CorrectionView),
});

export const CorrectAnswerAnswer = z.object({ correctionId: Id, submission: SubmissionView });
