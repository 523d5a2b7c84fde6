import { ApiKeyView, CreateApiKeyBody, CreatedApiKey, Id, listOf, PageQuery } from '@gradeflow/contracts';
import { z } from 'zod';
import { defineEndpoint } from '../../http/define-endpoint.ts';
import { presentApiKey } from './api-keys.presenter.ts';

const tag = 'API keys';
const path = '/v1/api-keys';

const list = defineEndpoint({
  method: 'get',
  path,
  tag,
  summary: "One's own API keys, newest first",
  auth: 'teacher',
  query: PageQuery,
  response: { status: 200, schema: listOf(ApiKeyView), description: 'One page of them, without the keys themselves' },
  handle: async ({ services, actor, query }) => {
    const page = await services.database.apiKeys.listOf(actor.userId, query);
    return { body: { items: page.items.map(presentApiKey), nextCursor: page.nextCursor } };
  },
});

const create = defineEndpoint({
  method: 'post',
  path,
  tag,
  summary: 'Make a key with which a machine acts as its maker: `Authorization: Bearer gf_…`',
  auth: 'teacher',
  body: CreateApiKeyBody,
  onceShown: ['key'],
  response: { status: 201, schema: CreatedApiKey, description: 'The key, shown this once' },
  handle: async ({ services, actor, createId, body: { name, expiresAt } }) => {
    const { key, keyHash } = services.apiKeys.make();
    const end = expiresAt === undefined || expiresAt === null ? null : new Date(expiresAt);
    await services.database.apiKeys.save({ id: createId, userId: actor.userId, name, keyHash, expiresAt: end });
    return { body: { id: createId, key, name, expiresAt: end?.toISOString() ?? null } };
  },
});

const remove = defineEndpoint({
  method: 'delete',
  path: `${path}/:id`,
  tag,
  summary: "Remove one of one's own keys; it stops working at once",
  auth: 'teacher',
  params: z.object({ id: Id }),
  response: { status: 204, description: 'Removed' },
  problems: ['404 API_KEY_NOT_FOUND'],
  handle: async ({ services, actor, params: { id } }) => {
    await services.auth.removeApiKey(actor.userId, id);
    return {};
  },
});

export const apiKeyEndpoints = [list, create, remove];
