import { z } from 'zod';
import { Id, Timestamp } from '../ids.ts';
import { PageQuery } from './paging.ts';
import { Person } from './submissions.ts';

export const RegradeRequestStatus = z.enum(['OPEN', 'ACCEPTED', 'REJECTED']);
export type RegradeRequestStatus = z.infer<typeof RegradeRequestStatus>;

const text = z.string().trim().max(2_000);

export const CreateRegradeRequestBody = z.strictObject({ questionId: Id, message: text.min(1) });
export type CreateRegradeRequestBody = z.infer<typeof CreateRegradeRequestBody>;

export const RegradeRequestListQuery = PageQuery.extend({ status: RegradeRequestStatus.optional(), assessmentId: Id.optional() });
export type RegradeRequestListQuery = z.infer<typeof RegradeRequestListQuery>;

export const AnswerRegradeRequestBody = z.strictObject({ status: z.enum(['ACCEPTED', 'REJECTED']), reply: text.default('') });
export type AnswerRegradeRequestBody = z.infer<typeof AnswerRegradeRequestBody>;

export const RegradeRequestView = z
  .object({
    id: Id,
    status: RegradeRequestStatus,
    submissionId: Id,
    assessmentId: Id,
    questionId: Id,
    /** Of the question; null when the sheet has no result for it any more. */
    number: z.string().nullable(),
    /** Of the sheet. */
    label: z.string().nullable(),
    /** Null while names are hidden. */
    student: Person.nullable(),
    message: z.string(),
    /** Null until it is answered. */
    reply: z.string().nullable(),
    answeredBy: Person.nullable(),
    createdAt: Timestamp,
    answeredAt: Timestamp.nullable(),
  })
  .meta({ id: 'RegradeRequest' });
export type RegradeRequestView = z.infer<typeof RegradeRequestView>;
