import { z } from 'zod';
import { Id } from '../ids.ts';

/** What models may cost; calls that would go beyond it are not made. */
export const ModelBudget = z.object({
  /** Down to a millionth; 0: no model is asked. */
  amount: z.number().min(0).max(10_000_000).multipleOf(0.000001),
  /** ISO 4217, that of the configured prices: under any other no model is asked, since nobody could keep to it. */
  currency: z.string().regex(/^[A-Z]{3}$/),
  /** By the calendar, UTC. */
  period: z.literal('MONTH'),
});
export type ModelBudget = z.infer<typeof ModelBudget>;

export const InstitutionView = z
  .object({
    id: Id,
    name: z.string(),
    /** Absent: no cap. */
    modelBudget: ModelBudget.optional(),
    /** What this month's calls have cost so far, as far as prices are configured; for admins. */
    modelSpent: z.number().optional(),
  })
  .meta({ id: 'Institution' });
export type InstitutionView = z.infer<typeof InstitutionView>;

/** What is left out stays; `modelBudget` null takes the cap away. */
export const PatchInstitutionBody = z
  .strictObject({ name: z.string().trim().min(1).max(200), modelBudget: ModelBudget.nullable() })
  .partial();
export type PatchInstitutionBody = z.infer<typeof PatchInstitutionBody>;
