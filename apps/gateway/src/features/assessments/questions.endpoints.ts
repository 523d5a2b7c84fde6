import { Id, PutQuestionsBody, QuestionsAnswer } from '@gradeflow/contracts';
import { ValidationError } from '@gradeflow/errors';
import { z } from 'zod';
import { defineEndpoint } from '../../http/define-endpoint.ts';

const params = z.object({ id: Id });
const tag = 'Questions';
const etagOf = (version: number) => ({ ETag: `"${version}"` });

/** The version that `If-Match` names; undefined without a condition, -1 (never current) for a tag that is none of ours. */
function wantedVersion(header: string | undefined): number | undefined {
  if (header === undefined || header.trim() === '*') return undefined;
  const match = /^\s*"(\d{1,9})"\s*$/.exec(header);
  return match ? Number(match[1]) : -1;
}

const get = defineEndpoint({
  method: 'get',
  path: '/v1/assessments/:id/questions',
  tag,
  summary: 'The current questions with their rubrics',
  auth: 'teacher',
  params,
  response: { status: 200, schema: QuestionsAnswer, description: 'The list; `ETag` is its version' },
  problems: ['404 ASSESSMENT_NOT_FOUND'],
  load: ({ services, actor, params: { id } }) => services.visibility.assessment(actor, id, 'manage'),
  handle: async ({ services, subject }) => {
    const answer = await services.assessments.questions(subject);
    return { body: answer, headers: etagOf(answer.rubricVersion) };
  },
});

const put = defineEndpoint({
  method: 'put',
  path: '/v1/assessments/:id/questions',
  tag,
  summary: 'Save the whole list as the next version; with `If-Match` only when nobody saved first',
  auth: 'teacher',
  params,
  query: z.object({ preview: z.stringbool().optional() }),
  body: PutQuestionsBody,
  maxBodyBytes: 10_000_000,
  response: { status: 200, schema: QuestionsAnswer, description: 'The list as it was saved, with ids; `ETag` is its version' },
  problems: ['404 ASSESSMENT_NOT_FOUND', '412 PRECONDITION_FAILED'],
  load: ({ services, actor, params: { id } }) => services.visibility.assessment(actor, id, 'manage'),
  handle: async ({ services, actor, subject, query, body, req }) => {
    if (query.preview === true)
      throw new ValidationError({
        detail: 'preview is not available yet; nothing was saved.',
        errors: [{ path: '/preview', message: 'is not available yet' }],
      });
    const answer = await services.assessments.saveQuestions(actor, subject, body.questions, wantedVersion(req.get('If-Match')));
    return { body: answer, headers: etagOf(answer.rubricVersion), after: () => services.assessments.wakeWaiting(subject) };
  },
});

export const questionEndpoints = [get, put];
