import { ValidationError } from '@gradeflow/errors';
import type { z } from 'zod';

/**
 * Parses the environment once, at start. Empty strings count as absent. Throws ValidationError whose detail names every
 * wrong variable, so that an operator sees all faults at once; values are not repeated (they may be secrets).
 */
export function loadConfig<Schema extends z.ZodType>(schema: Schema, env: Record<string, string | undefined>): z.infer<Schema> {
  const present = Object.fromEntries(Object.entries(env).filter(([, value]) => value !== undefined && value !== ''));
  const parsed = schema.safeParse(present);
  if (parsed.success) return parsed.data;
  const lines = parsed.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`);
  throw new ValidationError({ code: 'CONFIGURATION_INVALID', detail: `The configuration is not usable:\n  ${lines.join('\n  ')}` });
}
