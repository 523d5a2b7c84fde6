import { PermanentError, UnavailableError } from '@gradeflow/errors';
import { createTransport } from 'nodemailer';
import { messageOf } from './message.ts';
import type { Mailer } from './types.ts';

/** The library's own limits are minutes. */
const limits = { connectionTimeout: 5_000, greetingTimeout: 5_000, socketTimeout: 10_000, dnsTimeout: 5_000 };

/** `smtp://user:password@host:587`, or `smtps://`; a few connections are kept. */
export function createSmtpMailer({ url, from }: { url: string; from: string }): Mailer {
  const transport = createTransport({ url, pool: true, maxConnections: 2, ...limits });
  return {
    send: async (mail) => {
      await transport.sendMail(messageOf(mail, from)).catch((error: unknown) => {
        throw toAppError(error);
      });
    },
    close: () => transport.close(),
  };
}

/** A 5xx of the server about this mail is final; a refused sign-in is a fault of the set-up, which somebody may mend. */
function toAppError(cause: unknown): Error {
  const { responseCode, code } = cause as { responseCode?: unknown; code?: unknown };
  if (typeof responseCode === 'number' && responseCode >= 500 && code !== 'EAUTH')
    return new PermanentError({ code: 'MAIL_REFUSED', detail: `The mail server refused the mail (${responseCode}).`, cause });
  return new UnavailableError({ code: 'MAIL_UNAVAILABLE', detail: 'The mail server does not take mail at the moment.', cause });
}
