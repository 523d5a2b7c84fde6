import { hash, randomBytes, randomInt } from 'node:crypto';
import type { mailSecret, SecretMail } from '@gradeflow/contracts';
import type { AccountHolder, Database } from '@gradeflow/database';
import type { Mailer } from '@gradeflow/mail';
import type { Processor } from '@gradeflow/queue';
import type { OneTimeSecrets } from '@gradeflow/redis';
import { uuidv7 } from 'uuidv7';
import { secretMail } from '../secret-mails.ts';

interface Deps {
  database: Pick<Database, 'people'>;
  codes: OneTimeSecrets;
  resetTokens: OneTimeSecrets;
  mailer: Mailer;
  /** Scheme and host of links. */
  publicUrl: string;
}

const inviteMs = 7 * 86_400_000;

/**
 * The secret is made here, kept as a hash and mailed: it never waits in a queue. Every try makes a new one, so a mail that a server took without saying so
 * holds a code that a later mail replaces. Who was removed, has verified the address or has a password already is sent nothing.
 */
export function createMailSecret(deps: Deps): Processor<typeof mailSecret> {
  const { database, mailer, publicUrl } = deps;
  return async ({ payload: { kind, userId } }) => {
    const person = await database.people.find(userId);
    if (!person || !isWanted(kind, person)) return { sent: false };
    await mailer.send(secretMail(kind, person, await makeSecret(deps, kind, userId), publicUrl));
    return { sent: true };
  };
}

function isWanted(kind: SecretMail, person: AccountHolder): boolean {
  if (kind === 'verification') return !person.emailVerified;
  return kind !== 'invite' || person.state === 'INVITED';
}

async function makeSecret({ database, codes, resetTokens }: Deps, kind: SecretMail, userId: string): Promise<string> {
  if (kind === 'verification') {
    const code = String(randomInt(1_000_000)).padStart(6, '0');
    await codes.put(userId, code);
    return code;
  }
  const token = randomBytes(32).toString('base64url');
  if (kind === 'invite') {
    await database.people.invite({ id: uuidv7(), userId, tokenHash: hash('sha256', token), expiresAt: new Date(Date.now() + inviteMs) });
    return token;
  }
  await resetTokens.put(userId, token);
  return `${userId}.${token}`;
}
