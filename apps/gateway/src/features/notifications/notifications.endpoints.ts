import { NotificationList, PageQuery, ReadNotificationsBody } from '@gradeflow/contracts';
import { defineEndpoint } from '../../http/define-endpoint.ts';
import { presentNotification } from './notifications.presenter.ts';

const tag = 'Notifications';

const list = defineEndpoint({
  method: 'get',
  path: '/v1/notifications',
  tag,
  summary: "One's own notices, newest first",
  auth: 'user',
  query: PageQuery,
  response: { status: 200, schema: NotificationList, description: 'One page of them, and how many are unread' },
  handle: async ({ services, actor, query }) => {
    const page = await services.database.notifications.list(actor.userId, query);
    return { body: { items: page.items.map(presentNotification), nextCursor: page.nextCursor, unread: page.unread } };
  },
});

const read = defineEndpoint({
  method: 'post',
  path: '/v1/notifications/read',
  tag,
  summary: "Mark notices of one's own as read; ids of others are passed over",
  auth: 'user',
  body: ReadNotificationsBody,
  response: { status: 204, description: 'Marked' },
  handle: async ({ services, actor, body }) => {
    await services.database.notifications.markRead(actor.userId, 'ids' in body ? { ids: body.ids } : 'all');
    return {};
  },
});

export const notificationEndpoints = [list, read];
