import { z } from 'zod';
import { Id, Timestamp } from '../ids.ts';
import { Question } from '../question.ts';

const name = z.string().trim().min(1).max(200);

export const QuestionBankBody = z.strictObject({ name });

export const QuestionBankView = z
  .object({ id: Id, name: z.string(), questionCount: z.number().int().nonnegative(), createdAt: Timestamp, updatedAt: Timestamp })
  .meta({ id: 'QuestionBank' });
export type QuestionBankView = z.infer<typeof QuestionBankView>;

/** Fields of the question that change, as they are: defaults would change what was left out. The whole is checked again. */
export const PatchBankQuestionBody = z.partialRecord(Question.omit({ id: true }).keyof(), z.json());
export type PatchBankQuestionBody = z.infer<typeof PatchBankQuestionBody>;

/** Copied in this order; a number that the assessment has already becomes the next free one. */
export const FromBankBody = z.strictObject({ questionIds: z.array(Id).min(1).max(500) });
