import { Id, PutQuestionsAnswer, PutQuestionsBody, QuestionsAnswer } from '@gradeflow/contracts';
import { z } from 'zod';
import { defineEndpoint } from '../../http/define-endpoint.ts';
import { etagOf, wantedVersion } from './version-tag.ts';

const params = z.object({ id: Id });
const tag = 'Questions';

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
  summary: 'Save the whole list as the next version, or see what it would change; with `If-Match` only when nobody saved first',
  auth: 'teacher',
  params,
  query: z.object({ preview: z.stringbool().optional() }),
  body: PutQuestionsBody,
  maxBodyBytes: 10_000_000,
  response: {
    status: 200,
    schema: PutQuestionsAnswer,
    description:
      'The list as it was saved, with ids; `ETag` is its version. With `preview=true` nothing is saved: whose marks would change, if all were graded again',
  },
  problems: ['404 ASSESSMENT_NOT_FOUND', '412 PRECONDITION_FAILED'],
  load: ({ services, actor, params: { id } }) => services.visibility.assessment(actor, id, 'manage'),
  handle: async ({ services, actor, subject, query, body, req }) => {
    const ifVersion = wantedVersion(req.get('If-Match'));
    if (query.preview === true) {
      const preview = await services.assessments.previewQuestions(subject, body.questions, ifVersion);
      return { body: preview, headers: etagOf(subject.rubricVersion) };
    }
    const answer = await services.assessments.saveQuestions(actor, subject, body.questions, ifVersion);
    return { body: answer, headers: etagOf(answer.rubricVersion), after: () => services.assessments.wakeWaiting(subject) };
  },
});

export const questionEndpoints = [get, put];
