import { PresenceList, PresenceQuery } from '@gradeflow/contracts';
import { defineEndpoint } from '../../http/define-endpoint.ts';

const list = defineEndpoint({
  method: 'get',
  path: '/v1/presence',
  tag: 'Live rooms',
  summary: 'Who is online, and when they were last seen; people whom one may not see are left out',
  auth: 'user',
  needsRedis: true,
  query: PresenceQuery,
  response: {
    status: 200,
    schema: PresenceList,
    description:
      'Admins see their institution, teachers the people of their courses, everybody themselves and who is in an open room with them',
  },
  handle: async ({ services, actor, query: { userIds } }) => {
    const visible = await services.database.visible.users(actor, userIds);
    const seen = await services.presence.find(visible);
    const items = visible.map((userId) => {
      const found = seen.get(userId);
      return { userId, online: found?.online ?? false, lastSeenAt: found?.lastSeenAt.toISOString() ?? null };
    });
    return { body: { items } };
  },
});

export const presenceEndpoints = [list];
