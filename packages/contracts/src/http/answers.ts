import { z } from 'zod';
import { Confidence } from '../domain.ts';
import { Id } from '../ids.ts';
import { CriterionResult, Region, ReviewReason } from '../result.ts';
import { PageQuery } from './paging.ts';
import { Person } from './submissions.ts';

/** `open`: needs a person. `decided`: by a person. `machine`: the machine's stands. Each answer is one of them. */
export const AnswerState = z.enum(['open', 'decided', 'machine']);
export type AnswerState = z.infer<typeof AnswerState>;

export const AnswerListQuery = PageQuery.extend({
  state: AnswerState.optional(),
  reason: ReviewReason.optional(),
  /** Smallest first; `-` turns it round. Under anonymous marking `label` is no order that tells who is who. */
  sort: z.enum(['confidence', '-confidence', 'score', '-score', 'label', '-label']).default('confidence'),
});
export type AnswerListQuery = z.infer<typeof AnswerListQuery>;

/** One sheet's answer to a question, as it counts now. */
export const AnswerView = z
  .object({
    submissionId: Id,
    /** What a decision about it is based on. */
    gradingId: Id,
    /** A neutral one while names are hidden. */
    label: z.string().nullable(),
    state: AnswerState,
    score: z.number(),
    maxScore: z.number(),
    confidence: Confidence,
    reasons: z.array(ReviewReason),
    answerText: z.string(),
    feedback: z.string(),
    regions: z.array(Region),
    criteria: z.array(CriterionResult),
    decidedBy: Person.nullable(),
  })
  .meta({ id: 'Answer' });
export type AnswerView = z.infer<typeof AnswerView>;

/** `total` of what the query asks for, `counts` of all answers to the question. */
export const AnswerList = z.object({
  items: z.array(AnswerView),
  nextCursor: z.string().nullable(),
  total: z.number().int(),
  counts: z.record(AnswerState, z.number().int()),
});

const share = z.number().nullable();
const agreed = {
  /** Answers that both have decided. */
  n: z.number().int(),
  /** Fewer than 10: the figures say little. */
  few: z.boolean(),
  /** Answers on which both say the same. */
  agreed: z.number().int(),
  /** Their share, with its 95 % Wilson interval. */
  exact: z.object({ value: share, low: share, high: share }),
  /** 1 is full agreement, 0 what chance would give; null where it is not defined (no spread). Of criteria Cohen's, of marks quadratically weighted. */
  kappa: z.number().nullable(),
  /** Points of the machine less those of the person, on average. */
  meanDifference: z.number().nullable(),
};

export const AgreementView = z
  .object({
    /** Over all questions; the mean difference as a share of the questions' points. */
    overall: z.object(agreed),
    questions: z.array(
      z.object({
        questionId: Id,
        number: z.string(),
        ...agreed,
        /** Of `n`, answers that were drawn at random for review; the others came there because the machine was unsure. */
        sampled: z.number().int(),
        criteria: z.array(
          z.object({
            criterionId: z.string(),
            description: z.string(),
            ...agreed,
            /** Answers about which the machine could not say; not in `n`. */
            unclear: z.number().int(),
          }),
        ),
      }),
    ),
  })
  .meta({ id: 'Agreement' });
export type AgreementView = z.infer<typeof AgreementView>;
