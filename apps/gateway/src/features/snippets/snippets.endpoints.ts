import { Id, listOf, PageQuery, Snippet, SnippetBody } from '@gradeflow/contracts';
import { z } from 'zod';
import { defineEndpoint } from '../../http/define-endpoint.ts';

const tag = 'Marking';
const path = '/v1/assessments/:id/questions/:qid/snippets';
const params = z.object({ id: Id, qid: Id });

const list = defineEndpoint({
  method: 'get',
  path,
  tag,
  summary: 'Feedback to a question that is kept to be used again, most used first',
  auth: 'teacher',
  params,
  query: PageQuery,
  response: { status: 200, schema: listOf(Snippet), description: 'One page of it' },
  problems: ['404 ASSESSMENT_NOT_FOUND', '404 QUESTION_NOT_FOUND'],
  load: ({ services, actor, params: { id } }) => services.visibility.assessment(actor, id, 'manage'),
  handle: async ({ services, subject, params: { qid }, query }) => ({ body: await services.snippets.list(subject, qid, query) }),
});

const add = defineEndpoint({
  method: 'post',
  path,
  tag,
  summary: 'Keep feedback to be used again',
  auth: 'teacher',
  params,
  body: SnippetBody,
  response: { status: 201, schema: Snippet, description: 'The snippet; the same text twice is one' },
  problems: ['404 ASSESSMENT_NOT_FOUND', '404 QUESTION_NOT_FOUND', '409 TOO_MANY_SNIPPETS'],
  load: ({ services, actor, params: { id } }) => services.visibility.assessment(actor, id, 'manage'),
  handle: async ({ services, actor, subject, params: { qid }, body, createId }) => ({
    body: await services.snippets.add(actor, subject, qid, { id: createId, text: body.text }),
  }),
});

export const snippetEndpoints = [list, add];
