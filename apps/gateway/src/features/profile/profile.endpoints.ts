import { PatchProfileBody, ProfileView } from '@gradeflow/contracts';
import { institutionTag, userTag } from '@gradeflow/database';
import { NotFoundError } from '@gradeflow/errors';
import { defineEndpoint } from '../../http/define-endpoint.ts';
import { presentProfile } from './profile.presenter.ts';

const path = '/v1/users/me';
const tag = 'People';

const get = defineEndpoint({
  method: 'get',
  path,
  tag,
  summary: 'Oneself',
  auth: 'user',
  cache: { vary: 'person', ttlSeconds: 300, tags: ({ actor }) => [userTag(actor.userId), institutionTag(actor.institutionId)] },
  response: { status: 200, schema: ProfileView, description: 'Name, role, institution and preferences' },
  problems: ['404 USER_NOT_FOUND'],
  handle: async ({ services, actor }) => {
    const profile = await services.database.profiles.find(actor.userId);
    if (!profile) throw new NotFoundError({ code: 'USER_NOT_FOUND', detail: 'There is no such person any more.' });
    return { body: presentProfile(profile) };
  },
});

const patch = defineEndpoint({
  method: 'patch',
  path,
  tag,
  summary: 'Change oneself; fields that are left out stay',
  auth: 'user',
  body: PatchProfileBody,
  maxBodyBytes: 20_000,
  response: { status: 200, schema: ProfileView, description: 'As it is now' },
  problems: ['404 USER_NOT_FOUND'],
  handle: async ({ services, actor, body }) => {
    const given = Object.fromEntries(Object.entries(body).filter(([, value]) => value !== undefined));
    return { body: presentProfile(await services.database.profiles.update(actor.userId, given)) };
  },
});

export const profileEndpoints = [get, patch];
