import { InstitutionView, PatchInstitutionBody } from '@gradeflow/contracts';
import { institutionTag } from '@gradeflow/database';
import { defineEndpoint } from '../../http/define-endpoint.ts';

const tag = 'Courses and people';
const path = '/v1/institutions/me';

const get = defineEndpoint({
  method: 'get',
  path,
  tag,
  summary: "One's own institution, with its cap on what models may cost",
  auth: 'user',
  // What models have cost is written by workers all the time and may lag by these seconds.
  cache: { vary: 'role', ttlSeconds: 10, tags: ({ actor }) => [institutionTag(actor.institutionId)] },
  response: { status: 200, schema: InstitutionView, description: 'The institution; what models have cost this month is for admins' },
  handle: async ({ services, actor }) => ({ body: await services.institutions.view(actor) }),
});

const patch = defineEndpoint({
  method: 'patch',
  path,
  tag,
  summary: 'Name the institution, cap what models may cost in a month, or take the cap away',
  auth: 'admin',
  body: PatchInstitutionBody,
  response: { status: 200, schema: InstitutionView, description: 'The changed institution' },
  handle: async ({ services, actor, body }) => ({ body: await services.institutions.patch(actor, body) }),
});

export const institutionEndpoints = [get, patch];
