import { z } from 'zod';
import { Role } from '../domain.ts';
import { Id, Timestamp } from '../ids.ts';
import { EmailAddress, PersonName } from './accounts.ts';
import { PageQuery } from './paging.ts';

/** INVITED: has not chosen a password yet. */
export const PersonState = z.enum(['INVITED', 'ACTIVE']);

export const PeopleListQuery = PageQuery.extend({
  /** A part of name or address. */
  q: z.string().max(200).optional(),
  role: Role.optional(),
  state: PersonState.optional(),
});
export const CreatePersonBody = z.object({ email: EmailAddress, name: PersonName, role: Role });
export const PatchPersonBody = z.strictObject({ name: PersonName, role: Role }).partial();

export const PersonView = z
  .object({
    id: Id,
    email: z.string(),
    name: z.string(),
    role: Role,
    state: PersonState,
    emailVerified: z.boolean(),
    createdAt: Timestamp,
  })
  .meta({ id: 'Account' });
/** `inviteLink` is shown once: a replay leaves it out. It holds for 7 days. */
export const InvitedPerson = z.object({ id: Id, email: z.string(), name: z.string(), role: Role, inviteLink: z.string() });
