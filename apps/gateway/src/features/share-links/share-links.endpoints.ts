import { Id, ShareAnswer, ShareBody, ShareCode, SharedResult } from '@gradeflow/contracts';
import { z } from 'zod';
import { defineEndpoint } from '../../http/define-endpoint.ts';
import { recorded } from '../submissions/submissions.service.ts';
import { presentShared } from './share-links.presenter.ts';
import { sharedPage, sharedPageHeaders } from './shared-page.ts';

const tag = 'Share links';

const create = defineEndpoint({
  method: 'post',
  path: '/v1/submissions/:id/share',
  tag,
  summary: 'Make a short link that shows the result to whoever has it, without login',
  auth: 'user',
  params: z.object({ id: Id }),
  body: ShareBody.prefault({}),
  response: {
    status: 201,
    schema: ShareAnswer,
    description: 'The link. It shows nothing before there is a result that students may see, and then what counts at the time',
  },
  problems: ['404 SUBMISSION_NOT_FOUND', '409 NOT_RECORDED_YET', '409 TOO_MANY_SHARE_LINKS', '409 NO_FREE_CODE'],
  load: ({ services, actor, params: { id } }) => services.inTurn(() => services.visibility.submission(actor, id)),
  handle: async ({ services, req, actor, createId, subject, body }) => {
    const { code, expiresAt } = await services.inTurn(() => services.shareLinks.create(actor, createId, recorded(subject), body));
    const origin = services.publicUrl === null ? `${req.protocol}://${req.host}` : new URL(services.publicUrl).origin;
    return { body: { code, url: `${origin}/s/${code}`, expiresAt: expiresAt.toISOString() } };
  },
});

const revoke = defineEndpoint({
  method: 'delete',
  path: '/v1/submissions/:id/share/:code',
  tag,
  summary: 'End a link at once; whoever may see the submission may',
  auth: 'user',
  params: z.object({ id: Id, code: ShareCode }),
  response: { status: 204, description: 'It shows nothing any more' },
  problems: ['404 SUBMISSION_NOT_FOUND', '404 SHARE_LINK_NOT_FOUND'],
  load: ({ services, actor, params: { id } }) => services.visibility.submission(actor, id),
  handle: async ({ services, actor, params: { id, code } }) => {
    await services.shareLinks.revoke(actor, id, code);
    return {};
  },
});

const open = defineEndpoint({
  method: 'get',
  path: '/s/:code',
  tag,
  summary: 'The shared result, as a page or as JSON: marks, answers and feedback, no names',
  auth: 'public',
  rateLimit: 'share',
  params: z.object({ code: ShareCode }),
  response: { status: 200, schema: SharedResult, contentType: 'text/html', description: 'What counts now' },
  problems: ['404 SHARE_LINK_NOT_FOUND'],
  handle: async ({ services, req, params: { code } }) => {
    const shared = presentShared(await services.shareLinks.open(code));
    const headers = { ...sharedPageHeaders, Vary: 'Accept' };
    if (req.accepts(['html', 'json']) === 'json') return { body: shared, headers };
    return { headers, send: async (_req, res) => void res.type('html').send(sharedPage(shared)) };
  },
});

export const shareLinkEndpoints = [create, revoke, open];
