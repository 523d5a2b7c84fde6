import { z } from 'zod';
import { Id } from '../ids.ts';
import { AnswerState } from './answers.ts';

/** One answer of a group, as it counts now. */
export const GroupMember = z.object({
  submissionId: Id,
  /** What a decision about it is based on. */
  gradingId: Id,
  /** Of its sheet; neutral while anonymous marking hides names. */
  label: z.string().nullable(),
  state: AnswerState,
  score: z.number(),
});
export type GroupMember = z.infer<typeof GroupMember>;

/** Answers that say the same. */
export const AnswerGroupView = z
  .object({
    /** Of what is said: it stays while decisions are made, and may change when further sheets come in. */
    id: Id,
    /** `BLANK`: nothing was written. */
    kind: z.enum(['BLANK', 'ANSWER']),
    /** The most typical answer, at most 200 characters of it; empty for blank ones. */
    label: z.string(),
    size: z.number().int(),
    /** How many are in which state; each is one of them. */
    counts: z.record(AnswerState, z.number().int()),
    maxScore: z.number(),
    /** What the machine gave, also where a person has decided since; null when no machine graded any. */
    machineScores: z.object({ min: z.number(), max: z.number(), mean: z.number() }).nullable(),
    members: z.array(GroupMember),
  })
  .meta({ id: 'AnswerGroup' });
export type AnswerGroupView = z.infer<typeof AnswerGroupView>;

/** `total` groups; `answers` that were put into them, of `ofAnswers` that there are. */
export const AnswerGroupList = z.object({
  items: z.array(AnswerGroupView),
  nextCursor: z.string().nullable(),
  total: z.number().int(),
  answers: z.number().int(),
  ofAnswers: z.number().int(),
});
export type AnswerGroupList = z.infer<typeof AnswerGroupList>;
