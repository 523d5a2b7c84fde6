import { loadConfig, modelEnv } from '@gradeflow/config';
import { ValidationError } from '@gradeflow/errors';
import type { Grader } from '@gradeflow/grading';
import { z } from 'zod';

/** The grader that `--grader` names, else the one of the environment (`GRADER`, `OPENAI_*`). Throws ValidationError for an unknown name. */
export async function makeGrader(name: string | undefined): Promise<Grader> {
  const { createGrader } = await import('@gradeflow/grading');
  const env = loadConfig(z.object(modelEnv), process.env);
  if (name === undefined) return createGrader(env);
  if (name !== 'offline' && name !== 'openai')
    throw new ValidationError({ code: 'GRADER_UNKNOWN', detail: `There is no grader "${name}": offline or openai.` });
  return createGrader({ ...env, GRADER: name });
}
