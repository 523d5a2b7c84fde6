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

export const RevertBody = z.strictObject({ to: Id });

export const DecisionAnswer = z.object({
  question: QuestionResult,
  total: z.object({ score: z.number(), maxScore: z.number() }),
  gradingId: Id,
});
