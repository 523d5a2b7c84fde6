import { ValidationError } from '@gradeflow/errors';
import type { TokenUsage } from '@gradeflow/model-client';
import type { GradingEnv } from '../env.ts';

/** What a model costs, by million tokens. */
export interface ModelPrices {
  input: number;
  output: number;
  /** ISO 4217. */
  currency: string;
  /** Longest reply that is asked for, so that the most that a call can cost is known before it. */
  maxReplyTokens: number;
}

type Settings = Pick<GradingEnv, 'OPENAI_PRICE_INPUT' | 'OPENAI_PRICE_OUTPUT' | 'OPENAI_PRICE_CURRENCY' | 'OPENAI_MAX_REPLY_TOKENS'>;

/** Null when none are configured: then tokens are counted and cost is not known. One without the other: ValidationError CONFIGURATION_INVALID. */
export function readModelPrices(env: Settings): ModelPrices | null {
  const { OPENAI_PRICE_INPUT: input, OPENAI_PRICE_OUTPUT: output } = env;
  if (input === undefined && output === undefined) return null;
  if (input === undefined || output === undefined)
    throw new ValidationError({
      code: 'CONFIGURATION_INVALID',
      detail: 'OPENAI_PRICE_INPUT and OPENAI_PRICE_OUTPUT belong together: set both or none.',
    });
  return { input, output, currency: env.OPENAI_PRICE_CURRENCY, maxReplyTokens: env.OPENAI_MAX_REPLY_TOKENS };
}

/** In the currency of the prices. */
export function costOf({ input, output }: ModelPrices, { promptTokens, completionTokens }: TokenUsage): number {
  return (promptTokens * input + completionTokens * output) / 1e6;
}
