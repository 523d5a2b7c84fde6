import { z } from 'zod';
import { Confidence, GraderKind, ReleaseMode } from '../domain.ts';
import { Id, Timestamp } from '../ids.ts';
import { Question, QuestionInput, QuestionList } from '../question.ts';
import { Decision, ReviewReason } from '../result.ts';
import { PageQuery } from './paging.ts';
import { Person } from './submissions.ts';

const fields = {
  title: z.string().trim().min(1).max(300),
  courseId: Id.nullable(),
  languages: z
    .array(z.string().regex(/^[a-z]{3}(_[a-z]+)?$/))
    .min(1)
    .max(5),
  anonymous: z.boolean(),
  release: ReleaseMode,
  /**
   * Questions with less confidence go to review. A change holds at once for what the machine has graded already; what the grader itself sent to review stays there until it is
   * graded again.
   */
  reviewBelow: z.number().min(0).max(1),
  /** Share of confident questions that a person sees all the same; a change holds for later gradings. */
  sampleShare: z.number().min(0).max(1),
  regradeUntil: Timestamp.nullable(),
};

export const CreateAssessmentBody = z.object({
  title: fields.title,
  courseId: fields.courseId.default(null),
  questions: QuestionList.optional(),
  languages: fields.languages.default(['eng']),
  anonymous: fields.anonymous.default(false),
  release: fields.release.default('IMMEDIATE'),
  reviewBelow: fields.reviewBelow.default(0.8),
  sampleShare: fields.sampleShare.default(0.05),
  regradeUntil: fields.regradeUntil.default(null),
});
export type CreateAssessmentBody = z.infer<typeof CreateAssessmentBody>;

export const PatchAssessmentBody = z.strictObject(fields).partial();
export type PatchAssessmentBody = z.infer<typeof PatchAssessmentBody>;

export const AssessmentView = z
  .object({
    id: Id,
    ...fields,
    rubricVersion: z.number().int().nonnegative(),
    maxScore: z.number(),
    /** Since when students see results and names are shown; null before. Results of `IMMEDIATE` are visible all the same. */
    releasedAt: Timestamp.nullable(),
    createdAt: Timestamp,
    updatedAt: Timestamp,
  })
  .meta({ id: 'Assessment' });
export type AssessmentView = z.infer<typeof AssessmentView>;

export const ReleaseQuery = z.object({ preview: z.stringbool().optional() });
export const ReleaseAnswer = z.object({
  /** Null: not released, as with a preview. */
  releasedAt: Timestamp.nullable(),
  /** Questions that still need a person; their sheets are told of when they are decided. */
  openReviews: z.number().int(),
  /** Students who were told by this call, or with a preview would be; without names while these are hidden. */
  told: z.object({ count: z.number().int(), students: z.array(Person) }),
});

export const AssessmentListQuery = PageQuery.extend({ courseId: Id.optional() });

export const QuestionsAnswer = z.object({ questions: z.array(Question), rubricVersion: z.number().int().nonnegative() });
/** What an edit would change, of the results that count now (one a submission and question). */
export const QuestionsPreview = z.object({
  up: z.number().int(),
  down: z.number().int(),
  same: z.number().int(),
  /** `to` null: the question would be gone. */
  changes: z.array(z.object({ submissionId: Id, questionId: Id, from: z.number(), to: z.number().nullable() })),
  /** A model would be asked: what it would say was taken from the built-in grader. */
  estimated: z.boolean(),
  /** Numbers of new questions, which nothing has been graded by yet. */
  notCompared: z.array(z.string()),
});
export type QuestionsPreview = z.infer<typeof QuestionsPreview>;

export const PutQuestionsAnswer = z.union([QuestionsAnswer, QuestionsPreview]);

const versionHead = {
  version: z.number().int().positive(),
  createdAt: Timestamp,
  /** Null: no longer known. */
  createdBy: Person.nullable(),
  maxScore: z.number(),
};
export const RubricVersionList = z.object({ items: z.array(z.object({ ...versionHead, questionCount: z.number().int() })) });
export const RubricVersionView = z.object({ ...versionHead, questions: z.array(Question) });

export const EvaluateBody = z.strictObject({ submissionIds: z.array(Id).min(1).max(10_000).optional() }).default({});
export const EvaluateAnswer = z.object({
  /** Submissions that are being graded again. */
  accepted: z.number().int(),
  /** Named ones that are not, and why. */
  conflicts: z.array(z.object({ submissionId: Id, code: z.string(), detail: z.string() })),
});
export type EvaluateAnswer = z.infer<typeof EvaluateAnswer>;

/** A question as it would be saved, and an answer to see how the built-in grader takes it. */
export const TryBody = z.strictObject({ question: QuestionInput, answer: z.string().max(100_000) });
export const TryAnswer = z.object({
  score: z.number(),
  maxScore: z.number(),
  confidence: Confidence,
  needsReview: z.boolean(),
  reviewReasons: z.array(ReviewReason),
  feedback: z.string(),
  grader: GraderKind,
  criteria: z.array(
    z.object({
      criterionId: z.string(),
      decision: Decision,
      points: z.number(),
      confidence: Confidence,
      reason: z.string(),
      /** Places in the answer as given, counted in UTF-16 code units. */
      evidence: z.array(z.object({ start: z.number().int(), end: z.number().int(), quote: z.string() })),
    }),
  ),
});
export type TryAnswer = z.infer<typeof TryAnswer>;

export const PutQuestionsBody = z.object({ questions: QuestionList });
