import { AgreementView, AnswerList, AnswerListQuery, Id } from '@gradeflow/contracts';
import { z } from 'zod';
import { defineEndpoint } from '../../http/define-endpoint.ts';
import { presentAnswer } from './answers.presenter.ts';

const tag = 'Marking';

const list = defineEndpoint({
  method: 'get',
  path: '/v1/assessments/:id/questions/:qid/answers',
  tag,
  summary: 'Answers of all sheets to one question, as they count now',
  auth: 'teacher',
  params: z.object({ id: Id, qid: Id }),
  query: AnswerListQuery,
  response: { status: 200, schema: AnswerList, description: 'One page of them, how many match, and how many are in which state' },
  problems: ['404 ASSESSMENT_NOT_FOUND', '404 QUESTION_NOT_FOUND'],
  load: ({ services, actor, params: { id } }) => services.visibility.assessment(actor, id, 'manage'),
  handle: async ({ services, actor, subject, params: { qid }, query }) => {
    const page = await services.answers.list(subject, qid, query);
    const screen = await services.anonymity.screen(actor, { assessmentId: subject.id, studentId: null });
    const items = screen ? page.items.map((item) => ({ ...item, result: screen.result(item.result) })) : page.items;
    return { body: { ...page, items: items.map(presentAnswer) } };
  },
});

const agreement = defineEndpoint({
  method: 'get',
  path: '/v1/assessments/:id/agreement',
  tag,
  summary: 'How far machine and people agree, per question and criterion, over the answers that both have decided',
  auth: 'teacher',
  params: z.object({ id: Id }),
  response: { status: 200, schema: AgreementView, description: 'The figures, each with the number of answers it stands on' },
  problems: ['404 ASSESSMENT_NOT_FOUND'],
  load: ({ services, actor, params: { id } }) => services.visibility.assessment(actor, id, 'manage'),
  handle: async ({ services, subject }) => ({ body: await services.answers.agreement(subject) }),
});

export const answerEndpoints = [list, agreement];
