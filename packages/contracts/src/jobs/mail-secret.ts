import { z } from 'zod';
import { Id } from '../ids.ts';
import { defineJob } from './define-job.ts';

/** `verification`: a code that proves the address. `password-reset`, `invite`: a link with a token. */
export const SecretMail = z.enum(['verification', 'password-reset', 'invite']);
export type SecretMail = z.infer<typeof SecretMail>;

/** Makes a code or token, keeps its hash and mails it: the secret itself is in no job and no table. */
export const mailSecret = defineJob({
  name: 'mail-secret',
  payload: z.strictObject({
    /** Of this one request: asking again sends again. */
    mailId: Id,
    kind: SecretMail,
    userId: Id,
  }),
  result: z.object({ sent: z.boolean() }),
  attempts: 6,
  backoffMs: 2_000,
  timeoutMs: 30_000,
});
