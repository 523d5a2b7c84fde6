import type { Database } from '@gradeflow/database';
import { ValidationError } from '@gradeflow/errors';
import { createVisionReader } from '@gradeflow/reading';
import type { Spool } from '@gradeflow/spool';
import type { WorkerOcrEnv } from './env.ts';
import { createImproveByModel, type ImproveByModel } from './improve-by-model.ts';
import { createPeopleOf } from './people-of.ts';

/** What doubtful pages are improved with; undefined without `OCR_VISION_MODEL`. Throws ValidationError CONFIGURATION_INVALID when the endpoint is not named. */
export async function startVision(
  env: Pick<
    WorkerOcrEnv,
    | 'OPENAI_BASE_URL'
    | 'OPENAI_API_KEY'
    | 'OCR_VISION_MODEL'
    | 'OCR_VISION_MAX_PAGES'
    | 'OCR_VISION_TIMEOUT_MS'
    | 'OCR_VISION_CONCURRENCY'
    | 'OCR_VISION_HIDE'
  >,
  deps: { spool: Pick<Spool, 'isDeleted' | 'claimTurn'>; database: Pick<Database, 'users' | 'courses' | 'assessments'> },
): Promise<ImproveByModel | undefined> {
  const { OPENAI_BASE_URL: baseURL, OPENAI_API_KEY: apiKey, OCR_VISION_MODEL: model, OCR_VISION_TIMEOUT_MS: budgetMs } = env;
  if (!model) return undefined;
  if (!apiKey && !baseURL)
    throw new ValidationError({
      code: 'CONFIGURATION_INVALID',
      detail: 'OCR_VISION_MODEL needs OPENAI_API_KEY (or OPENAI_BASE_URL for a server without keys).',
    });
  const vision = await createVisionReader({
    ...{ baseURL, apiKey: apiKey ?? 'none', model, budgetMs },
    // Time for a second try within the budget.
    timeoutMs: Math.ceil(budgetMs * 0.6),
    concurrency: env.OCR_VISION_CONCURRENCY,
    hiddenAreas: env.OCR_VISION_HIDE,
  });
  return createImproveByModel({ vision, spool: deps.spool, peopleOf: createPeopleOf(deps.database), maxPages: env.OCR_VISION_MAX_PAGES });
}
