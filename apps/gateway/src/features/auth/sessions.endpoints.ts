import { Id, listOf, PageQuery, SessionView } from '@gradeflow/contracts';
import type { LiveSession } from '@gradeflow/database';
import { z } from 'zod';
import { clearSessionCookies } from '../../http/cookies.ts';
import { defineEndpoint } from '../../http/define-endpoint.ts';

const tag = 'Auth';

function present({ id, device, address, createdAt, lastSeenAt }: LiveSession, currentId: string): z.infer<typeof SessionView> {
  return { id, device, address, createdAt: createdAt.toISOString(), lastSeenAt: lastSeenAt.toISOString(), current: id === currentId };
}

const list = defineEndpoint({
  method: 'get',
  path: '/v1/auth/sessions',
  tag,
  summary: "One's own sessions, newest first",
  auth: 'user',
  query: PageQuery,
  response: { status: 200, schema: listOf(SessionView), description: 'One page of those that are alive' },
  handle: async ({ services, actor, query }) => {
    const page = await services.database.sessions.listLive(actor.userId, query);
    return { body: { items: page.items.map((session) => present(session, actor.sessionId)), nextCursor: page.nextCursor } };
  },
});

const remove = defineEndpoint({
  method: 'delete',
  path: '/v1/auth/sessions/:id',
  tag,
  summary: "End one of one's own sessions",
  auth: 'user',
  params: z.object({ id: Id }),
  response: { status: 204, description: 'Ended' },
  problems: ['404 SESSION_NOT_FOUND'],
  handle: async ({ services, actor, params: { id } }) => {
    await services.auth.endOwn(actor.userId, id);
    return {};
  },
});

const logoutAll = defineEndpoint({
  method: 'post',
  path: '/v1/auth/logout-all',
  tag,
  summary: "End all of one's own sessions, this one too; API keys stay",
  auth: 'user',
  response: { status: 204, description: 'Ended' },
  handle: async ({ services, actor, res }) => {
    await services.auth.endAll(actor.userId);
    clearSessionCookies(res);
    return {};
  },
});

export const sessionEndpoints = [list, remove, logoutAll];
