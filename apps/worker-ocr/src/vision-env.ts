import { modelEnv } from '@gradeflow/config';
import type { Box } from '@gradeflow/contracts';
import { z } from 'zod';

/** The vision model for pages that OCR reads badly, on the endpoint that also grades. */
export const visionEnv = {
  OPENAI_BASE_URL: modelEnv.OPENAI_BASE_URL,
  OPENAI_API_KEY: modelEnv.OPENAI_API_KEY,
  /** Turns it on: pictures of doubtful pages go to this model. */
  OCR_VISION_MODEL: z.string().optional(),
  /** Most pages of one upload that are sent. */
  OCR_VISION_MAX_PAGES: z.coerce.number().int().nonnegative().default(20),
  /** Longest time for one page with all retries. */
  OCR_VISION_TIMEOUT_MS: z.coerce.number().int().min(1_000).max(100_000).default(60_000),
  /** Pages that wait for the model at once in one process, besides those that are being read. */
  OCR_VISION_CONCURRENCY: z.coerce.number().int().min(1).max(64).default(4),
  /** Painted out on every page that is sent: `x,y,width,height` in shares of the page, areas separated by `;`. */
  OCR_VISION_HIDE: z
    .string()
    .default('')
    .transform((text, context): Box[] => {
      const areas = text.split(';').flatMap((area) => (area.trim() === '' ? [] : [area.split(',').map(Number)]));
      const isArea = (area: number[]): area is Box => area.length === 4 && area.every((share) => share >= 0 && share <= 1);
      if (areas.every(isArea)) return areas;
      context.addIssue({ code: 'custom', message: 'expects x,y,width,height in shares of the page, e.g. 0,0,1,0.12' });
      return z.NEVER;
    }),
};
