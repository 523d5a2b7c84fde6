import { ActivityItem, listOf, PageQuery } from '@gradeflow/contracts';
import type { Request } from 'express';
import { defineEndpoint } from '../../http/define-endpoint.ts';
import { isKnown } from '../../http/send-file.ts';

/** Proxies cut what says nothing for half a minute. */
const waitAtMostSeconds = 25;

const list = defineEndpoint({
  method: 'get',
  path: '/v1/activity',
  tag: 'Activity',
  summary:
    'What was done, newest first: admins see their institution, teachers the assessments that they manage; not for students. With `If-None-Match` and `Prefer: wait=20` the answer comes once there is something new, or after so many seconds (25 at most) as 304',
  auth: 'teacher',
  query: PageQuery,
  response: { status: 200, schema: listOf(ActivityItem), description: 'One page of it' },
  handle: async ({ services, actor, query, req, res }) => {
    const seconds = query.cursor === undefined && req.get('If-None-Match') !== undefined ? secondsToWait(req) : 0;
    if (seconds === 0) return services.activity.list(actor, query);
    const gone = new AbortController();
    res.once('close', () => gone.abort());
    const { waited, ...page } = await services.activity.listOnceNews(actor, query, {
      isKnown: (etag) => isKnown(req, etag),
      ms: seconds * 1_000,
      signal: gone.signal,
    });
    return { ...page, headers: waited ? { 'Preference-Applied': `wait=${seconds}` } : {} };
  },
});

/** RFC 7240: what the client prefers to wait, in seconds. */
function secondsToWait(req: Request): number {
  const wait = /(?:^|[,;\s])wait\s*=\s*"?(\d{1,6})/i.exec(req.get('Prefer') ?? '')?.[1];
  return Math.min(Number(wait ?? 0), waitAtMostSeconds);
}

export const activityEndpoints = [list];
