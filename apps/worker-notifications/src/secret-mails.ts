import type { SecretMail } from '@gradeflow/contracts';
import type { AccountHolder } from '@gradeflow/database';
import type { Mail } from '@gradeflow/mail';

/** The page of the web app that takes a token. */
const pages = { 'password-reset': '/app/reset-password', invite: '/app/accept-invite' } as const;

/** What a person is sent: `secret` is a code, or the token of a link below `publicUrl`. */
export function secretMail(kind: SecretMail, person: AccountHolder, secret: string, publicUrl: string): Mail {
  const link = kind === 'verification' ? '' : `${publicUrl.replace(/\/$/, '')}${pages[kind]}?token=${encodeURIComponent(secret)}`;
  const texts = {
    verification: {
      subject: 'Your Gradeflow code',
      lines: [`your code is ${secret}. It holds for 10 minutes.`, 'If you did not ask for it, nothing has to be done.'],
    },
    'password-reset': {
      subject: 'A new password for Gradeflow',
      lines: ['choose a new password within 30 minutes:', link, 'If you did not ask for it, nothing has to be done: your password stays.'],
    },
    invite: {
      subject: 'Your invitation to Gradeflow',
      lines: ['an account has been made for you. Choose a password within 7 days:', link],
    },
  };
  const { subject, lines } = texts[kind];
  return { to: person.email, subject, text: `${[`Hello ${person.name},`, ...lines].join('\n\n')}\n` };
}
