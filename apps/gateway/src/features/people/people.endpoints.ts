import { CreatePersonBody, Id, InvitedPerson, listOf, PatchPersonBody, PeopleListQuery, PersonView } from '@gradeflow/contracts';
import type { AccountHolder } from '@gradeflow/database';
import { z } from 'zod';
import { defineEndpoint, type RequestContext } from '../../http/define-endpoint.ts';
import { presentPerson } from './people.presenter.ts';

const tag = 'People';
const path = '/v1/users';
const params = z.object({ id: Id });

/** What an admin may hand on; the page is the web app's. */
function invited(
  { id, email, name, role }: AccountHolder,
  token: string,
  { services, req }: RequestContext,
): z.infer<typeof InvitedPerson> {
  const origin = services.publicUrl?.replace(/\/$/, '') ?? `${req.protocol}://${req.host}`;
  return { id, email, name, role, inviteLink: `${origin}/app/accept-invite?token=${token}` };
}

const list = defineEndpoint({
  method: 'get',
  path,
  tag,
  summary: "The institution's people, newest first",
  auth: 'admin',
  query: PeopleListQuery,
  response: { status: 200, schema: listOf(PersonView), description: 'One page of them' },
  handle: async ({ services, actor, query }) => {
    const page = await services.database.people.listOf(actor.institutionId, query);
    return { body: { items: page.items.map(presentPerson), nextCursor: page.nextCursor } };
  },
});

const create = defineEndpoint({
  method: 'post',
  path,
  tag,
  summary: 'Invite somebody; a mail with a link is sent too',
  auth: 'admin',
  body: CreatePersonBody,
  onceShown: ['inviteLink'],
  response: { status: 201, schema: InvitedPerson, description: 'The person; whoever opens the link chooses a password' },
  problems: ['409 EMAIL_TAKEN'],
  handle: async (context) => {
    const { services, actor, createId, body } = context;
    const { person, token } = await services.people.create(actor, createId, body);
    return { body: invited(person, token, context), after: () => services.people.mailInvite(person.id) };
  },
});

const invite = defineEndpoint({
  method: 'post',
  path: `${path}/:id/invite`,
  tag,
  summary: 'Invite somebody again who has no password yet',
  auth: 'admin',
  params,
  onceShown: ['inviteLink'],
  response: { status: 201, schema: InvitedPerson, description: 'The person, with another link; a mail is sent too' },
  problems: ['404 USER_NOT_FOUND', '409 ALREADY_ACTIVE'],
  load: ({ services, actor, params: { id } }) => services.people.get(actor, id),
  handle: async (context) => {
    const { services, actor, subject, createId } = context;
    const token = await services.people.invite(actor, subject, createId);
    return { body: invited(subject, token, context), after: () => services.people.mailInvite(subject.id) };
  },
});

const patch = defineEndpoint({
  method: 'patch',
  path: `${path}/:id`,
  tag,
  summary: 'Change name or role; another role ends the sessions',
  auth: 'admin',
  params,
  body: PatchPersonBody,
  response: { status: 200, schema: PersonView, description: 'The changed person' },
  problems: ['404 USER_NOT_FOUND', '409 LAST_ADMIN'],
  load: ({ services, actor, params: { id } }) => services.people.get(actor, id),
  handle: async ({ services, actor, subject, body }) => ({ body: presentPerson(await services.people.change(actor, subject, body)) }),
});

const remove = defineEndpoint({
  method: 'delete',
  path: `${path}/:id`,
  tag,
  summary: 'Remove somebody: sessions, keys, courses and the address go; marks and sheets stay',
  auth: 'admin',
  params,
  response: { status: 204, description: 'Removed' },
  problems: ['404 USER_NOT_FOUND', '409 LAST_ADMIN'],
  load: ({ services, actor, params: { id } }) => services.people.get(actor, id),
  handle: async ({ services, actor, subject }) => {
    await services.people.remove(actor, subject);
    return {};
  },
});

export const peopleEndpoints = [list, create, invite, patch, remove];
