import { z } from 'zod';
import { GraderKind, StageName, StageStatus, SubmissionStatus } from '../domain.ts';
import { Id, Timestamp } from '../ids.ts';
import { PageWord } from '../page.ts';
import { QuestionResult, SubmissionResult } from '../result.ts';
import { PageQuery } from './paging.ts';

/** The text fields of the multipart upload. */
export const UploadFields = z.object({ studentId: Id.optional(), label: z.string().trim().max(200).optional() });
export type UploadFields = z.infer<typeof UploadFields>;

export const UploadAnswer = z.object({ id: Id, status: SubmissionStatus, statusUrl: z.string(), eventsUrl: z.string() });

/** Why something unfinished stands still, and what happens next. */
export const WaitingFor = z.object({
  cause: z.string(),
  since: Timestamp,
  next: z.string(),
  nextAt: Timestamp.nullable(),
  action: z.object({ method: z.string(), path: z.string() }).optional(),
});
export type WaitingFor = z.infer<typeof WaitingFor>;

export const StageView = z.object({
  name: StageName,
  status: StageStatus,
  startedAt: Timestamp.nullable(),
  finishedAt: Timestamp.nullable(),
  attempts: z.number().int().nonnegative(),
  reason: z.string().nullable(),
});
export type StageView = z.infer<typeof StageView>;

export const Person = z.object({ id: Id, name: z.string() });

export const SubmissionView = z
  .object({
    id: Id,
    assessmentId: Id,
    studentId: Id.nullable(),
    label: z.string().nullable(),
    status: SubmissionStatus,
    /** Why it FAILED, in words; null otherwise. */
    reason: z.object({ code: z.string(), detail: z.string() }).nullable(),
    progress: z.object({ percent: z.number().int().min(0).max(100), pagesDone: z.number().int(), pagesTotal: z.number().int() }),
    stages: z.array(StageView),
    waitingFor: WaitingFor.nullable(),
    result: SubmissionResult.nullable(),
    createdAt: Timestamp,
    originalName: z.string(),
    bytes: z.number().int(),
    student: Person.nullable(),
    batchId: Id.nullable(),
    duplicateOf: Id.nullable(),
    resultState: z.enum(['NONE', 'WITHHELD', 'RELEASED']),
  })
  .meta({ id: 'Submission' });
export type SubmissionView = z.infer<typeof SubmissionView>;

export const SubmissionItem = z.object({
  id: Id,
  label: z.string().nullable(),
  student: Person.nullable(),
  status: SubmissionStatus,
  percent: z.number().int(),
  score: z.number().nullable(),
  maxScore: z.number().nullable(),
  minConfidence: z.number().nullable(),
  reviews: z.number().int(),
  pages: z.number().int(),
  createdAt: Timestamp,
  batchId: Id.nullable(),
  duplicateOf: Id.nullable(),
});
export type SubmissionItem = z.infer<typeof SubmissionItem>;

export const SubmissionListQuery = PageQuery.extend({
  status: SubmissionStatus.optional(),
  q: z.string().max(200).optional(),
  studentId: Id.optional(),
  sort: z.enum(['createdAt', '-createdAt', 'label', '-label']).default('-createdAt'),
});
export type SubmissionListQuery = z.infer<typeof SubmissionListQuery>;

export const SubmissionList = z.object({
  items: z.array(SubmissionItem),
  nextCursor: z.string().nullable(),
  total: z.number().int(),
  counts: z.record(SubmissionStatus, z.number().int()),
});

export const MySubmissionsQuery = PageQuery.extend({ mine: z.literal('true') });
export const PatchSubmissionBody = z.strictObject({ studentId: Id.nullable(), label: z.string().trim().max(200).nullable() }).partial();

export const PageView = z
  .object({
    number: z.number().int(),
    width: z.number().int(),
    height: z.number().int(),
    text: z.string(),
    confidence: z.number(),
    engine: z.string(),
    rotation: z.number().int(),
    words: z.array(PageWord),
    failure: z.string().nullable(),
  })
  .meta({ id: 'Page' });

export const PageImageQuery = z.object({ w: z.enum(['240', '1100', '1654']).optional() });

/** What a model was asked for one run. */
export const ModelUsageView = z.object({
  model: z.string(),
  /** Requests that were answered, or may have been. */
  calls: z.number().int(),
  promptTokens: z.number().int(),
  completionTokens: z.number().int(),
  /** Null: no prices are configured. */
  cost: z.number().nullable(),
  currency: z.string().nullable(),
});

export const GradingView = z.object({
  id: Id,
  grader: GraderKind,
  by: Person.nullable(),
  rubricVersion: z.number().int(),
  score: z.number(),
  maxScore: z.number(),
  createdAt: Timestamp,
  questions: z.array(QuestionResult),
  /** Of a machine's grading, for whoever marks; none when no model was asked. */
  modelUsage: z.array(ModelUsageView).optional(),
});
export const GradingsAnswer = z.object({ items: z.array(GradingView) });
