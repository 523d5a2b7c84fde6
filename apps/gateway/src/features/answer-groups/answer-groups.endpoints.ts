import { AnswerGroupList, Id, PageQuery } from '@gradeflow/contracts';
import { z } from 'zod';
import { defineEndpoint } from '../../http/define-endpoint.ts';
import { presentAnswerGroup } from './answer-groups.presenter.ts';

const list = defineEndpoint({
  method: 'get',
  path: '/v1/assessments/:id/questions/:qid/groups',
  tag: 'Marking',
  summary: 'Answers to one question that say the same, as groups, the largest first',
  auth: 'teacher',
  params: z.object({ id: Id, qid: Id }),
  query: PageQuery,
  response: { status: 200, schema: AnswerGroupList, description: 'One page of groups, each with all its members' },
  problems: ['404 ASSESSMENT_NOT_FOUND', '404 QUESTION_NOT_FOUND'],
  load: ({ services, actor, params: { id } }) => services.visibility.assessment(actor, id, 'manage'),
  handle: async ({ services, actor, subject, params: { qid }, query }) => {
    const page = await services.answerGroups.list(subject, qid, query);
    const screen = await services.anonymity.screen(actor, { assessmentId: subject.id, studentId: null });
    const items = screen ? page.items.map((group) => ({ ...group, label: screen.text(group.label) })) : page.items;
    return { body: { ...page, items: items.map(presentAnswerGroup) } };
  },
});

export const answerGroupEndpoints = [list];
