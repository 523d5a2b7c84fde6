import { hash, randomBytes } from 'node:crypto';
import type { Role } from '@gradeflow/contracts';
import type { AccountHolder, Actor, Database } from '@gradeflow/database';
import { ConflictError, NotFoundError } from '@gradeflow/errors';
import type { JobProducer } from '@gradeflow/queue';
import { uuidv7 } from 'uuidv7';
import { createOnce } from '../../http/idempotency.ts';
import { emailTaken } from '../auth/accounts.service.ts';
import type { AuthService } from '../auth/auth.service.ts';

/** Accounts of an institution, for its admins. */
export interface PeopleService {
  /** Throws NotFoundError USER_NOT_FOUND for whoever is of another institution or was removed. */
  get(actor: Actor, id: string): Promise<AccountHolder>;
  /** An invited person and the token of the invitation. The same id again gives the same person and another token. Throws ConflictError EMAIL_TAKEN. */
  create(actor: Actor, id: string, body: { email: string; name: string; role: Role }): Promise<{ person: AccountHolder; token: string }>;
  /** Another invitation; the same id again gives it another token. Throws ConflictError ALREADY_ACTIVE for somebody with a password. */
  invite(actor: Actor, person: AccountHolder, id: string): Promise<string>;
  /** Mails an invitation of its own, with its own token. */
  mailInvite(userId: string): Promise<void>;
  /** Another role ends the person's sessions, since tokens name it. Throws ConflictError LAST_ADMIN. */
  change(actor: Actor, person: AccountHolder, changes: { name?: string | undefined; role?: Role | undefined }): Promise<AccountHolder>;
  /** Ends sessions and keys, and leaves what the person has marked or handed in. Throws ConflictError LAST_ADMIN. */
  remove(actor: Actor, person: AccountHolder): Promise<void>;
}

interface Deps {
  database: Database;
  auth: Pick<AuthService, 'endAll'>;
  producer: Pick<JobProducer, 'enqueueSecretMail'>;
}

const inviteMs = 7 * 86_400_000;

export function createPeopleService({ database, auth, producer }: Deps): PeopleService {
  const newInvite = async (userId: string, id: string, by?: string): Promise<string> => {
    const token = randomBytes(32).toString('base64url');
    await database.people.invite({ id, userId, tokenHash: hash('sha256', token), expiresAt: new Date(Date.now() + inviteMs) }, by);
    return token;
  };
  const get = async (actor: Actor, id: string): Promise<AccountHolder> => {
    const person = await database.people.find(id);
    if (!person || person.institutionId !== actor.institutionId)
      throw new NotFoundError({ code: 'USER_NOT_FOUND', detail: 'There is no such person.' });
    return person;
  };

  return {
    get,

    create: async (actor, id, body) => {
      const user = { id, institutionId: actor.institutionId, ...body };
      const earlier = async () => ((await database.people.find(id)) ? true : null);
      await createOnce(async () => {
        await database.people.create(user, actor.userId);
        return true;
      }, earlier).catch(emailTaken);
      return { person: await get(actor, id), token: await newInvite(id, id) };
    },

    invite: async (actor, person, id) => {
      if (person.state === 'ACTIVE')
        throw new ConflictError({
          code: 'ALREADY_ACTIVE',
          detail: 'This person has a password already; a new one comes by password-reset.',
        });
      return newInvite(person.id, id, actor.userId);
    },

    mailInvite: (userId) => producer.enqueueSecretMail({ mailId: uuidv7(), kind: 'invite', userId }),

    change: async (actor, person, changes) => {
      const changed = await database.people.update(person.id, changes, actor.userId);
      if (changed.role !== person.role) await auth.endAll(person.id);
      return changed;
    },

    remove: async (actor, person) => {
      await database.people.remove(person.id, actor.userId);
      await auth.endAll(person.id);
    },
  };
}
