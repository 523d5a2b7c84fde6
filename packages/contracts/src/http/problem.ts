import { z } from 'zod';
import { Id } from '../ids.ts';

/** RFC 9457 problem details, as every error answer is. */
export const Problem = z
  .object({
    type: z.string(),
    title: z.string(),
    status: z.number().int(),
    detail: z.string(),
    code: z.string(),
    requestId: z.string(),
    errors: z.array(z.object({ path: z.string(), message: z.string() })).optional(),
    /** Of DECISION_CONFLICT: the grading that counts for the question by now. */
    current: Id.optional(),
    /** Of SERVICE_UNAVAILABLE: what does not answer, as `/readyz` names it. */
    missing: z.enum(['redisCache']).optional(),
  })
  .meta({ id: 'Problem' });
export type Problem = z.infer<typeof Problem>;
