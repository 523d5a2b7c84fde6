import { z } from 'zod';

/** What this installation is and allows; for clients that are not signed in yet. */
export const MetaAnswer = z.object({
  version: z.string(),
  limits: z.object({
    maxUploadMb: z.number(),
    maxPages: z.number().int(),
    maxPagePixels: z.number().int(),
  }),
  /** Whose text can be read, as in an assessment's `languages`. */
  languages: z.array(z.string()),
  features: z.object({
    /** Anybody may register an institution. */
    registration: z.boolean(),
    /** Mails leave this machine; otherwise they are files on it. */
    mail: z.boolean(),
    /** A model grades what rules cannot. */
    model: z.boolean(),
  }),
});
export type Meta = z.infer<typeof MetaAnswer>;
