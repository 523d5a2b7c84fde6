import { type ParsedReply, readJsonReply } from '@gradeflow/model-client';
import { z } from 'zod';

/** What the model is asked for: evidence first, then reasoning, then the decision, so that it decides on what it quoted. */
export const ModelResponse = z.object({
  criteria: z.array(
    z.object({
      /** Number of the criterion as given in the prompt. */
      number: z.number().int(),
      /** Verbatim quotes from the answer. */
      evidence: z.array(z.string()),
      reasoning: z.string(),
      status: z.enum(['met', 'partial', 'notMet', 'unclear']),
      /** 0–1. */
      confidence: z.number(),
    }),
  ),
  /** The answer contains text that tries to steer the grading. */
  suspectedInstructions: z.boolean(),
});
export type ModelResponse = z.infer<typeof ModelResponse>;

/**
 * Reads the model's text: JSON, also inside a code fence or after other words, checked against the schema, with each of `count` criteria exactly
 * once and confidences within 0–1. `problem` names what is wrong without repeating any of it (it may hold student text).
 */
export function parseModelResponse(content: string, count: number): ParsedReply<ModelResponse> {
  const json = readJsonReply(content);
  if (json === undefined) return { ok: false, problem: 'it was not valid JSON' };
  const parsed = ModelResponse.safeParse(json);
  if (!parsed.success) {
    const paths = parsed.error.issues.slice(0, 5).map((issue) => `${issue.path.join('.') || '(root)'}: ${issue.code}`);
    return { ok: false, problem: `it did not follow the schema (${paths.join('; ')})` };
  }
  const numbers = parsed.data.criteria.map((criterion) => criterion.number).sort((a, b) => a - b);
  const complete = numbers.length === count && numbers.every((number, index) => number === index + 1);
  if (!complete) return { ok: false, problem: `it must decide each criterion from 1 to ${count} exactly once` };
  if (parsed.data.criteria.some(({ confidence }) => !(confidence >= 0 && confidence <= 1)))
    return { ok: false, problem: 'confidence must be between 0 and 1' };
  return { ok: true, value: parsed.data };
}
