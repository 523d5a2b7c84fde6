import { ClaimAnswer, ClaimBody, Id, RenewAnswer, ReviewList, ReviewListQuery } from '@gradeflow/contracts';
import { z } from 'zod';
import { defineEndpoint } from '../../http/define-endpoint.ts';
import { presentClaim, presentReviewItem } from './reviews.presenter.ts';

const tag = 'Marking';
const params = z.object({ claimId: Id });

const list = defineEndpoint({
  method: 'get',
  path: '/v1/reviews',
  tag,
  summary: 'Questions that need a person, oldest first, with the reasons and who holds them',
  auth: 'teacher',
  query: ReviewListQuery,
  response: { status: 200, schema: ReviewList, description: 'One page of them, of the assessments that one manages; `total` counts all' },
  problems: ['404 ASSESSMENT_NOT_FOUND'],
  handle: async ({ services, actor, query }) => {
    const page = await services.reviews.list(actor, query);
    return { body: { items: page.items.map(presentReviewItem), nextCursor: page.nextCursor, total: page.total } };
  },
});

const claim = defineEndpoint({
  method: 'post',
  path: '/v1/reviews/claim',
  tag,
  summary: 'Hold the next free questions for five minutes; nobody else is given them',
  auth: 'teacher',
  body: ClaimBody.prefault({}),
  response: {
    status: 200,
    schema: ClaimAnswer,
    description:
      'The first one, and all of them in `items`; 204 without a body when nothing is free. What one holds already is not given again, but renewed',
  },
  problems: ['404 ASSESSMENT_NOT_FOUND'],
  handle: async ({ services, actor, body, createId }) => {
    const items = (await services.reviews.claim(actor, createId, body)).map(presentClaim);
    const [first] = items;
    return first ? { body: { ...first, items } } : { send: async (_req, res) => void res.status(204).end() };
  },
});

const renew = defineEndpoint({
  method: 'post',
  path: '/v1/reviews/claims/:claimId/renew',
  tag,
  summary: 'Hold it for another five minutes from now',
  auth: 'teacher',
  params,
  response: { status: 200, schema: RenewAnswer, description: 'Until when it is held' },
  problems: ['404 CLAIM_NOT_FOUND'],
  handle: async ({ services, actor, params: { claimId } }) => {
    const expiresAt = await services.reviews.renew(actor, claimId);
    return { body: { id: claimId, claimExpiresAt: expiresAt.toISOString() } };
  },
});

const release = defineEndpoint({
  method: 'delete',
  path: '/v1/reviews/claims/:claimId',
  tag,
  summary: 'Give a question back, undecided',
  auth: 'teacher',
  params,
  response: { status: 204, description: 'It is free again' },
  problems: ['404 CLAIM_NOT_FOUND'],
  handle: async ({ services, actor, params: { claimId } }) => {
    await services.reviews.release(actor, claimId);
    return {};
  },
});

export const reviewEndpoints = [list, claim, renew, release];
