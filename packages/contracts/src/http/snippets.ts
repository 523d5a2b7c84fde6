import { z } from 'zod';
import { Id } from '../ids.ts';

/** Feedback to a question that is used again. */
export const Snippet = z
  .object({
    id: Id,
    text: z.string(),
    /** Decisions in whose feedback it stood when they were made; one over many sheets is one. */
    uses: z.number().int(),
  })
  .meta({ id: 'Snippet' });
export type Snippet = z.infer<typeof Snippet>;

/** Blanks at its ends fall away and others become one, so that the same text is the same snippet. */
export const SnippetBody = z.strictObject({
  text: z
    .string()
    .max(2_000)
    .transform((text) =>
      text
        .normalize('NFC')
        .trim()
        .replace(/[^\S\n]+/g, ' '),
    )
    .pipe(z.string().min(1)),
});
