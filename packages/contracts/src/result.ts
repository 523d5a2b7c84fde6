import { z } from 'zod';
import { Box, Confidence, GraderKind } from './domain.ts';
import { Id, Timestamp } from './ids.ts';

export const Decision = z.enum(['MET', 'PARTIAL', 'NOT_MET', 'UNCLEAR']);
export type Decision = z.infer<typeof Decision>;

export const ReviewReason = z.enum([
  'LOW_CONFIDENCE',
  'OCR_UNCERTAIN',
  'INJECTION_SUSPECTED',
  'KEYWORD_LIST',
  'OFF_TOPIC',
  'BLANK',
  'MEANING_OFFLINE',
  'EVIDENCE_NOT_FOUND',
  'MODEL_FAILED',
  'NEAR_BOUNDARY',
  'SAMPLED',
  'UNASSIGNED_TEXT',
  /** A student asked for it, and a teacher agreed. */
  'REGRADE_REQUESTED',
]);
export type ReviewReason = z.infer<typeof ReviewReason>;

/** A place on a page. */
export const Region = z.object({ page: z.number().int().positive(), box: Box });
export type Region = z.infer<typeof Region>;

/** The words that decided a criterion, one item a page. */
export const Evidence = Region.extend({ text: z.string() });
export type Evidence = z.infer<typeof Evidence>;

export const CriterionResult = z.object({
  criterionId: z.string(),
  decision: Decision,
  points: z.number(),
  /** 0–1 of the criterion's points before groups, caps and exclusions; with it points can be counted again without asking a grader. */
  fraction: Confidence.optional(),
  /** `[]` for NOT_MET. */
  evidence: z.array(Evidence),
});
export type CriterionResult = z.infer<typeof CriterionResult>;

export const QuestionResult = z.object({
  questionId: Id,
  number: z.string(),
  score: z.number(),
  maxScore: z.number(),
  confidence: Confidence,
  needsReview: z.boolean(),
  answerText: z.string(),
  feedback: z.string(),
  criteria: z.array(CriterionResult),
  reviewReasons: z.array(ReviewReason),
  /** Why the built-in grader stood in for a model, beside MODEL_FAILED: `budget-reached`, `timeout`, `http-429`, `refusal`, … */
  modelFault: z.string().optional(),
  /** What a person added to the sum of the criteria. */
  adjustment: z.number().optional(),
  /** Where the answer stands, also when nothing was met. */
  regions: z.array(Region),
});
export type QuestionResult = z.infer<typeof QuestionResult>;

/** Text of the sheet that belongs to no question; shown, never dropped. */
export const UnassignedText = Region.extend({ text: z.string() });
export type UnassignedText = z.infer<typeof UnassignedText>;

export const SubmissionResult = z
  .object({
    score: z.number(),
    maxScore: z.number(),
    grader: GraderKind,
    gradedAt: Timestamp,
    rubricVersion: z.number().int().nonnegative(),
    questions: z.array(QuestionResult),
    unassigned: z.array(UnassignedText),
  })
  .meta({ id: 'SubmissionResult' });
export type SubmissionResult = z.infer<typeof SubmissionResult>;
