import { hash } from 'node:crypto';
import type { SecretMail } from '@gradeflow/contracts';
import type { Database } from '@gradeflow/database';
import { ConflictError, ForbiddenError, ValidationError } from '@gradeflow/errors';
import type { JobProducer } from '@gradeflow/queue';
import type { OneTimeSecrets } from '@gradeflow/redis';
import { uuidv7 } from 'uuidv7';
import type { Passwords } from '../../auth/passwords.ts';
import { accountDraw, type Draw, type RateLimits } from '../../http/rate-limits.ts';
import type { AuthService, Origin, SignedIn } from './auth.service.ts';

export interface AccountService {
  /** An institution and its admin. Throws ForbiddenError REGISTRATION_CLOSED, ConflictError EMAIL_TAKEN. */
  register(input: { email: string; password: string; name: string; institutionName: string }, from: Origin): Promise<SignedIn>;
  /** Asks for a mail to this address if it is an account's and the limits allow; nobody is told which. */
  requestMail(kind: SecretMail, email: string, addressBlock: string): Promise<void>;
  /** Throws ValidationError CODE_INVALID for a wrong, used or expired code and for an unknown address alike. */
  confirmVerification(email: string, code: string): Promise<void>;
  /** Ends all sessions. Throws ValidationError RESET_TOKEN_INVALID. */
  resetPassword(token: string, password: string): Promise<void>;
  /** Throws ValidationError INVITE_INVALID. */
  acceptInvite(input: { token: string; password: string; name?: string | undefined }, from: Origin): Promise<SignedIn>;
}

interface Deps {
  database: Database;
  passwords: Passwords;
  auth: AuthService;
  codes: OneTimeSecrets;
  resetTokens: OneTimeSecrets;
  producer: Pick<JobProducer, 'enqueueSecretMail'>;
  rateLimits: RateLimits;
  registrationOpen: boolean;
}

/** Nobody's id: codes of unknown addresses are looked for as well, so that the answer takes the same time. */
const nobody = '00000000-0000-0000-0000-000000000000';
const resetForm = /^([0-9a-f-]{36})\.([\w-]{43})$/;

export function createAccountService(deps: Deps): AccountService {
  const { database, passwords, auth, codes, resetTokens, registrationOpen } = deps;
  return {
    register: async ({ institutionName, password, email, name }, from) => {
      if (!registrationOpen)
        throw new ForbiddenError({ code: 'REGISTRATION_CLOSED', detail: 'Registration is closed here: ask for an invitation.' });
      const institution = { id: uuidv7(), name: institutionName };
      const passwordHash = await passwords.hash(password);
      const admin = { id: uuidv7(), institutionId: institution.id, email, name, role: 'ADMIN' as const, passwordHash };
      await database.people.register(institution, admin).catch(emailTaken);
      return auth.begin(admin, from);
    },

    requestMail: async (kind, email, address) => {
      const draws: Draw[] = [accountDraw('mail', `${kind} ${email}`), { name: 'mail-address', key: address }];
      if (!(await deps.rateLimits.isWithin(draws))) return;
      const user = await database.users.findByEmail(email.trim());
      if (user) await deps.producer.enqueueSecretMail({ mailId: uuidv7(), kind, userId: user.id });
    },

    confirmVerification: async (email, code) => {
      const user = await database.users.findByEmail(email.trim());
      if (!(await codes.take(user?.id ?? nobody, code.trim())) || !user) throw invalid('CODE_INVALID', 'code');
      await database.people.markVerified(user.id);
    },

    resetPassword: async (token, password) => {
      const [, userId, secret] = resetForm.exec(token) ?? [];
      if (userId === undefined || secret === undefined) throw invalid('RESET_TOKEN_INVALID', 'link');
      // First, since a busy gate must not cost the token.
      const passwordHash = await passwords.hash(password);
      if (!(await resetTokens.take(userId, secret)) || !(await database.people.resetPassword(userId, passwordHash)))
        throw invalid('RESET_TOKEN_INVALID', 'link');
      await auth.endAll(userId);
    },

    acceptInvite: async ({ token, password, name }, from) => {
      const passwordHash = await passwords.hash(password);
      const user = await database.people.acceptInvite({ tokenHash: hash('sha256', token), passwordHash, name });
      if (!user) throw invalid('INVITE_INVALID', 'invitation');
      return auth.begin(user, from);
    },
  };
}

/** For `catch`: an address that is taken, in words of its own. */
export function emailTaken(error: unknown): never {
  if (error instanceof ConflictError && error.code === 'ALREADY_EXISTS')
    throw new ConflictError({ code: 'EMAIL_TAKEN', detail: 'There is an account with this address already.', cause: error });
  throw error;
}

function invalid(code: string, what: string): ValidationError {
  return new ValidationError({ code, detail: `This ${what} is wrong, was used already or has expired.` });
}
