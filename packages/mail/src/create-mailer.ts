import { createFileMailer } from './file-mailer.ts';
import { createSmtpMailer } from './smtp-mailer.ts';
import type { Mailer } from './types.ts';

/** Over SMTP where a server is named, else each mail becomes a file in `folder`. */
export function createMailer(options: { smtpUrl: string | null; folder: string; from: string }): Mailer {
  const { smtpUrl, folder, from } = options;
  return smtpUrl === null ? createFileMailer({ folder, from }) : createSmtpMailer({ url: smtpUrl, from });
}
