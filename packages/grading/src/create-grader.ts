import { ValidationError } from '@gradeflow/errors';
import { createOfflineGrader } from './offline-grader.ts';
import { createOpenAiGrader, type ModelLog } from './openai/openai-grader.ts';
import type { Grader } from './types.ts';

/** The environment's names, as `modelEnv` of the configuration package parses them. */
export interface GraderSettings {
  GRADER?: 'auto' | 'offline' | 'openai' | undefined;
  OPENAI_BASE_URL?: string | undefined;
  OPENAI_API_KEY?: string | undefined;
  OPENAI_MODEL?: string | undefined;
  /** Longest reply, where calls cost money. */
  maxReplyTokens?: number | undefined;
}

/** Whether a model may be asked: one is named, with a key or an address, and `GRADER` is not `offline`. */
export function hasModel({ GRADER, OPENAI_BASE_URL, OPENAI_API_KEY, OPENAI_MODEL }: Omit<GraderSettings, 'maxReplyTokens'>): boolean {
  return GRADER !== 'offline' && Boolean(OPENAI_MODEL) && Boolean(OPENAI_API_KEY || OPENAI_BASE_URL);
}

/**
 * Picks the grader. `auto`: the model when one is configured (`OPENAI_MODEL` and a key or an address), else the built-in one. `openai` without a model:
 * ValidationError CONFIGURATION_INVALID. The model's grader falls back to the built-in one.
 */
export function createGrader(settings: GraderSettings, options: { log?: ModelLog } = {}): Grader {
  const offline = createOfflineGrader();
  const { GRADER = 'auto', OPENAI_BASE_URL: baseURL, OPENAI_API_KEY: apiKey, OPENAI_MODEL: model } = settings;
  if (GRADER !== 'openai' && !hasModel(settings)) return offline;
  if (!model || !hasModel(settings))
    throw new ValidationError({
      code: 'CONFIGURATION_INVALID',
      detail: 'GRADER=openai needs OPENAI_MODEL and OPENAI_API_KEY (or OPENAI_BASE_URL for a server without keys).',
    });
  return createOpenAiGrader({
    apiKey: apiKey ?? 'none',
    model,
    fallback: offline,
    ...(baseURL === undefined ? {} : { baseURL }),
    ...(settings.maxReplyTokens === undefined ? {} : { maxReplyTokens: settings.maxReplyTokens }),
    ...(options.log === undefined ? {} : { log: options.log }),
  });
}
