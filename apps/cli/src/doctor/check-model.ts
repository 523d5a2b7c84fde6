import { z } from 'zod';
import type { CliEnv } from '../env.ts';
import { type Finding, fault, fine, messageOf } from './finding.ts';

const what = 'model';
const Models = z.object({ data: z.array(z.object({ id: z.string() })) });

/** Whether the configured endpoint answers, takes the key and offers the model. The key itself is never shown. */
export async function checkModel(env: CliEnv): Promise<Finding> {
  const { OPENAI_BASE_URL: base, OPENAI_API_KEY: key, OPENAI_MODEL: model, GRADER } = env;
  if (!base || GRADER === 'offline') {
    if (GRADER === 'openai')
      return fault(what, 'GRADER=openai, but no endpoint is named', 'set OPENAI_BASE_URL, OPENAI_API_KEY and OPENAI_MODEL');
    return fine(what, 'none; the built-in grader is used');
  }
  if (!model) return fault(what, 'OPENAI_BASE_URL is set, OPENAI_MODEL is not', 'set OPENAI_MODEL to the name of the model');
  return checkOffer({ what, variable: 'OPENAI_MODEL', base, key, model });
}

/** The same for the model that reads doubtful pages, on the same endpoint. */
export async function checkVisionModel({ OPENAI_BASE_URL: base, OPENAI_API_KEY: key, OCR_VISION_MODEL: model }: CliEnv): Promise<Finding> {
  const named = 'vision model';
  if (!model) return fine(named, 'none; pages on which OCR is in doubt go to a person');
  if (!base && !key)
    return fault(
      named,
      'OCR_VISION_MODEL is set, but no endpoint is named',
      'set OPENAI_BASE_URL or OPENAI_API_KEY, or unset OCR_VISION_MODEL',
    );
  if (!base) return fine(named, `${model} at the default endpoint; not asked`);
  return checkOffer({ what: named, variable: 'OCR_VISION_MODEL', base, key, model });
}

interface Offer {
  what: string;
  /** Names the model. */
  variable: string;
  base: string;
  key: string | undefined;
  model: string;
}

async function checkOffer({ what, variable, base, key, model }: Offer): Promise<Finding> {
  const url = `${base.replace(/\/+$/, '')}/models`;
  try {
    const response = await fetch(url, { headers: key ? { authorization: `Bearer ${key}` } : {}, signal: AbortSignal.timeout(5_000) });
    if (response.status === 401 || response.status === 403)
      return fault(what, `${url} refuses the key (${response.status})`, 'check OPENAI_API_KEY');
    if (response.status === 404) return fine(what, `${base} answers, but lists no models; ${model} is not confirmed`);
    if (!response.ok) return fault(what, `${url} answers ${response.status}`, 'check OPENAI_BASE_URL, and that the server is well');
    const offered = Models.parse(await response.json()).data.map(({ id }) => id);
    if (offered.includes(model)) return fine(what, `${model} at ${base}`);
    return fault(what, `${base} does not offer ${model}`, `set ${variable} to one of: ${offered.slice(0, 10).join(', ')}`);
  } catch (error) {
    return fault(what, `${url}: ${messageOf(error)}`, 'check OPENAI_BASE_URL, and that it can be reached from here');
  }
}
