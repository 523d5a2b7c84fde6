import {
  AnswerRegradeRequestBody,
  CreateRegradeRequestBody,
  Id,
  listOf,
  RegradeRequestListQuery,
  RegradeRequestStatus,
  RegradeRequestView,
} from '@gradeflow/contracts';
import { z } from 'zod';
import { defineEndpoint } from '../../http/define-endpoint.ts';
import { presentRegradeRequest } from './regrade-requests.presenter.ts';

const params = z.object({ id: Id });
const tag = 'Marking';

const create = defineEndpoint({
  method: 'post',
  path: '/v1/submissions/:id/regrade-requests',
  tag,
  summary: "Ask for a question of one's own sheet to be looked at again, until the assessment's `regradeUntil`",
  auth: 'user',
  params,
  body: CreateRegradeRequestBody,
  response: { status: 201, schema: z.object({ id: Id, status: RegradeRequestStatus }), description: 'Those who teach the course are told' },
  problems: [
    '404 SUBMISSION_NOT_FOUND',
    '409 NOT_RECORDED_YET',
    '409 NOT_GRADED_YET',
    '409 NOT_RELEASED',
    '409 REGRADE_CLOSED',
    '409 REGRADE_ALREADY_REQUESTED',
    '409 REGRADE_LIMIT_REACHED',
    '422 QUESTION_NOT_FOUND',
  ],
  load: ({ services, actor, params: { id } }) => services.regradeRequests.loadOwn(actor, id),
  handle: async ({ services, actor, subject, createId, body }) => {
    await services.regradeRequests.create(actor, subject, createId, body);
    return { body: { id: createId, status: 'OPEN' as const } };
  },
});

const list = defineEndpoint({
  method: 'get',
  path: '/v1/regrade-requests',
  tag,
  summary: "Requests, newest first: students' own, for others those of the assessments that they manage",
  auth: 'user',
  query: RegradeRequestListQuery,
  response: { status: 200, schema: listOf(RegradeRequestView), description: 'One page of them' },
  problems: ['404 ASSESSMENT_NOT_FOUND'],
  handle: async ({ services, actor, query }) => {
    const page = await services.regradeRequests.list(actor, query);
    return { body: { items: page.items.map(presentRegradeRequest), nextCursor: page.nextCursor } };
  },
});

const answer = defineEndpoint({
  method: 'patch',
  path: '/v1/regrade-requests/:id',
  tag,
  summary: 'Answer a request, once. An accepted one sends the question to review; its mark changes when a person decides it',
  auth: 'teacher',
  params,
  body: AnswerRegradeRequestBody,
  response: { status: 200, schema: RegradeRequestView, description: 'The answered request; the student is told' },
  problems: ['404 REGRADE_REQUEST_NOT_FOUND', '404 QUESTION_NOT_FOUND', '409 REGRADE_ALREADY_ANSWERED', '409 SUBMISSION_BUSY'],
  load: ({ services, actor, params: { id } }) => services.regradeRequests.load(actor, id),
  handle: async ({ services, actor, subject, body }) => ({
    body: presentRegradeRequest(await services.regradeRequests.answer(actor, subject, body)),
  }),
});

export const regradeRequestEndpoints = [create, list, answer];
