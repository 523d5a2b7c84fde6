import { FoundItem, FoundType, listOf, SearchQuery } from '@gradeflow/contracts';
import { institutionTag } from '@gradeflow/database';
import { defineEndpoint } from '../../http/define-endpoint.ts';

const search = defineEndpoint({
  method: 'get',
  path: '/v1/search',
  tag: 'Search',
  summary: 'What one may see and what has all these words, best first',
  auth: 'user',
  query: SearchQuery,
  cache: { vary: 'person', ttlSeconds: 60, tags: ({ actor }) => [institutionTag(actor.institutionId)] },
  response: { status: 200, schema: listOf(FoundItem), description: 'One page of them; students find assessments and their own sheets' },
  handle: async ({ services, actor, query: { type, ...query } }) => {
    const types = type === undefined ? FoundType.options : [type];
    const page = await services.database.search.find(actor, { ...query, types });
    return {
      body: {
        items: page.items.map(({ type: kind, id, title, snippet, score }) => ({ type: kind, id, title, snippet, score })),
        nextCursor: page.nextCursor,
      },
    };
  },
});

export const searchEndpoints = [search];
