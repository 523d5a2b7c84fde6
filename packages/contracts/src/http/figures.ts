import { z } from 'zod';
import { SubmissionStatus } from '../domain.ts';
import { Id } from '../ids.ts';
import { SubmissionItem } from './submissions.ts';

const Count = z.number().int().nonnegative();

export const DashboardAnswer = z.object({
  assessments: Count,
  /** By status; for students their own. */
  submissions: z.record(SubmissionStatus, Count),
  /** Questions that wait for a person. */
  reviewsOpen: Count,
  /** Submissions graded since the day began, UTC. */
  gradedToday: Count,
  /** Newest first; what is under way may lag by seconds. Under anonymous marking without name and label. */
  recent: z.array(SubmissionItem),
});
export type DashboardAnswer = z.infer<typeof DashboardAnswer>;

/** Item analysis by classical test theory. A figure is null where the marks do not determine it. */
export const AssessmentSummary = z.object({
  /** Graded submissions; `mean`, `sd` and `bins` are over them. */
  n: Count,
  mean: z.number().nullable(),
  /** Of the sample (n − 1). */
  sd: z.number().nullable(),
  /** Tenths of the reachable marks, in percent: from (with) – to (without; the last one with). */
  bins: z.array(z.object({ from: z.number(), to: z.number(), count: Count })),
  counts: z.record(SubmissionStatus, Count),
  /** Cronbach's, over submissions that have a mark for every question. */
  alpha: z.number().nullable(),
  questions: z.array(
    z.object({
      questionId: Id,
      /** Mean share of the marks. */
      facility: z.number().nullable(),
      /** Correlation of the question with the sum of the others. */
      discrimination: z.number().nullable(),
      alphaIfDeleted: z.number().nullable(),
      mean: z.number().nullable(),
      max: z.number(),
    }),
  ),
});
export type AssessmentSummary = z.infer<typeof AssessmentSummary>;
