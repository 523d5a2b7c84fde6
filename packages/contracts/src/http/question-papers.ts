import { z } from 'zod';
import { Id, Timestamp } from '../ids.ts';
import { Question } from '../question.ts';
import { ConfirmedProposals, PaperAnalysis, QuestionPaperStatus } from '../question-paper.ts';
import { UploadFields, WaitingFor } from './submissions.ts';

/** The text fields of the multipart upload: a paper belongs to no student. */
export const PaperFields = UploadFields.pick({ label: true });
export type PaperFields = z.infer<typeof PaperFields>;

export const QuestionPaperView = z
  .object({
    id: Id,
    assessmentId: Id,
    label: z.string().nullable(),
    status: QuestionPaperStatus,
    /** Why it FAILED, in words; null otherwise. */
    reason: z.object({ code: z.string(), detail: z.string() }).nullable(),
    progress: z.object({ percent: z.number().int().min(0).max(100), pagesDone: z.number().int(), pagesTotal: z.number().int() }),
    waitingFor: WaitingFor.nullable(),
    /** Empty before READY; stays as it was read after somebody has confirmed something else. */
    ...PaperAnalysis.shape,
    /** Version of the assessment's questions that confirming made; null before. */
    rubricVersion: z.number().int().positive().nullable(),
    createdAt: Timestamp,
    originalName: z.string(),
    bytes: z.number().int(),
  })
  .meta({ id: 'QuestionPaper' });
export type QuestionPaperView = z.infer<typeof QuestionPaperView>;

export const ConfirmPaperBody = z.object({ proposals: ConfirmedProposals });

export const ConfirmPaperAnswer = QuestionPaperView.extend({
  /** What the assessment has now, with ids. */
  questions: z.array(Question),
}).meta({ id: 'ConfirmedQuestionPaper' });
