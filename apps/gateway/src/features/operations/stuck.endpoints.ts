import { OperationsView, PageQuery, RetryStuckAnswer, RetryStuckBody, StuckList } from '@gradeflow/contracts';
import { defineEndpoint } from '../../http/define-endpoint.ts';

const tag = 'Operations';

const overview = defineEndpoint({
  method: 'get',
  path: '/v1/operations',
  tag,
  summary: 'Queues, workers, spool and what the service stands on; for operators',
  auth: 'user',
  response: { status: 200, schema: OperationsView, description: 'What answers; null for what does not' },
  load: ({ services, actor }) => services.operators.require(actor),
  handle: async ({ services }) => ({ body: await services.operations.overview() }),
});

const stuck = defineEndpoint({
  method: 'get',
  path: '/v1/operations/stuck',
  tag,
  summary: 'What stands still in the whole installation, longest first, with the reason of each; for operators',
  auth: 'user',
  query: PageQuery,
  response: { status: 200, schema: StuckList, description: 'One page of it, and what could not be asked' },
  load: ({ services, actor }) => services.operators.require(actor),
  handle: async ({ services, query }) => ({ body: await services.stuck.list(query) }),
});

const retry = defineEndpoint({
  method: 'post',
  path: '/v1/operations/retry',
  tag,
  summary: 'Try again what stands still: one outcome an id; for operators',
  auth: 'user',
  body: RetryStuckBody,
  response: { status: 200, schema: RetryStuckAnswer, description: 'What became of each, in order' },
  load: ({ services, actor }) => services.operators.require(actor),
  handle: async ({ services, actor, createId, body }) => ({ body: { items: await services.retryStuck(actor, body.ids, createId) } }),
});

export const stuckEndpoints = [overview, stuck, retry];
