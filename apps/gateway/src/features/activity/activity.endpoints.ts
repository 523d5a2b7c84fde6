import { ActivityItem, listOf, PageQuery } from '@gradeflow/contracts';
import { defineEndpoint } from '../../http/define-endpoint.ts';

const list = defineEndpoint({
  method: 'get',
  path: '/v1/activity',
  tag: 'Activity',
  summary: 'What was done, newest first: admins see their institution, teachers the assessments that they manage; not for students',
  auth: 'teacher',
  query: PageQuery,
  response: { status: 200, schema: listOf(ActivityItem), description: 'One page of it' },
  handle: async ({ services, actor, query }) => {
    const { items, nextCursor } = await services.database.activity.list(actor, query);
    return { body: { items: items.map(({ at, ...item }) => ({ ...item, at: at.toISOString() })), nextCursor } };
  },
});

export const activityEndpoints = [list];
