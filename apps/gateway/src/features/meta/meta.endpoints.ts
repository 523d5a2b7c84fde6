import { MetaAnswer } from '@gradeflow/contracts';
import { defineEndpoint } from '../../http/define-endpoint.ts';

export const metaEndpoints = [
  defineEndpoint({
    method: 'get',
    path: '/v1/meta',
    tag: 'Operations',
    summary: 'What this installation is, reads and allows',
    auth: 'public',
    response: { status: 200, schema: MetaAnswer, description: 'Version, limits, languages, features' },
    handle: async ({ services }) => ({ body: services.meta }),
  }),
];
