import { z } from 'zod';
import { ReleaseMode } from '../domain.ts';
import { Id, Timestamp } from '../ids.ts';
import { Question, QuestionList } from '../question.ts';
import { PageQuery } from './paging.ts';

const fields = {
  title: z.string().trim().min(1).max(300),
  courseId: Id.nullable(),
  languages: z
    .array(z.string().regex(/^[a-z]{3}(_[a-z]+)?$/))
    .min(1)
    .max(5),
  anonymous: z.boolean(),
  release: ReleaseMode,
  /** Questions with less confidence go to review. */
  reviewBelow: z.number().min(0).max(1),
  /** Share of confident questions that a person sees all the same. */
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
    createdAt: Timestamp,
    updatedAt: Timestamp,
  })
  .meta({ id: 'Assessment' });
export type AssessmentView = z.infer<typeof AssessmentView>;

export const AssessmentListQuery = PageQuery.extend({ courseId: Id.optional() });

export const QuestionsAnswer = z.object({ questions: z.array(Question), rubricVersion: z.number().int().nonnegative() });
export const PutQuestionsBody = z.object({ questions: QuestionList });
