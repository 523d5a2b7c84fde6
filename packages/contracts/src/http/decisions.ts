import { z } from 'zod';
import { Id } from '../ids.ts';
import { Decision, QuestionResult, Region } from '../result.ts';

/** A person's word on one criterion. */
const CriterionDecisionInput = z.strictObject({
  criterionId: z.string(),
  decision: Decision,
  /** What it is worth; all of the criterion's points when absent under MET, needed under PARTIAL. */
  points: z.number().optional(),
  evidence: z.array(Region).max(20).optional(),
});

/** What a person decides about a question: its criteria, or `points` where it has none. Criteria that are left out stay as they are. */
export const DecisionFields = {
  criteria: z.array(CriterionDecisionInput).max(100).optional(),
  points: z.number().optional(),
  /** Added to the rounded sum of the criteria, or to the points. Stays when left out, unless `points` are given; 0 takes it away. */
  adjustment: z.number().optional(),
  feedback: z.string().max(10_000).optional(),
};

export const QuestionDecision = z.strictObject(DecisionFields);
export type QuestionDecision = z.infer<typeof QuestionDecision>;

export const DecisionBody = z.strictObject({
  ...DecisionFields,
  /** The grading that the person saw: when another one counts by now, nothing is written. */
  basedOn: Id.optional(),
});
export type DecisionBody = z.infer<typeof DecisionBody>;

/** One decision for many sheets: places on a page are of one sheet, so it has none. */
export const SpreadBody = z.strictObject({
  submissionIds: z
    .array(Id)
    .min(1)
    .max(500)
    .refine((ids) => new Set(ids).size === ids.length, 'names a submission twice'),
  ...DecisionFields,
  criteria: z
    .array(CriterionDecisionInput.omit({ evidence: true }))
    .max(100)
    .optional(),
  /** By submission the grading that the person saw. Where none is given, only what no person has decided yet is decided. */
  basedOn: z
    .record(Id, Id)
    .refine((given) => Object.keys(given).length <= 500, 'has more than 500 gradings')
    .optional(),
});
export type SpreadBody = z.infer<typeof SpreadBody>;

/** What became of one sheet: a decision, or why there is none, with the grading that counts for the question now. */
export const SpreadItem = z.object({
  submissionId: Id,
  ok: z.boolean(),
  /**
   * Null when ok, else SUBMISSION_NOT_FOUND, NOT_GRADED_YET, SUBMISSION_BUSY (being graded), DECISION_CONFLICT (another grading counts by now), VALIDATION_FAILED (the
   * mark would be out of reach), BATCH_UNDONE.
   */
  code: z.string().nullable(),
  gradingId: Id.nullable(),
  score: z.number().nullable(),
});
export type SpreadItem = z.infer<typeof SpreadItem>;

export const SpreadAnswer = z.object({ undoId: Id, items: z.array(SpreadItem) });
export const UndoAnswer = z.object({ items: z.array(SpreadItem) });

export const RevertBody = z.strictObject({ to: Id });

export const DecisionAnswer = z.object({
  question: QuestionResult,
  total: z.object({ score: z.number(), maxScore: z.number() }),
  gradingId: Id,
});
