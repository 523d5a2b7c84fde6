import { AssessmentListQuery, AssessmentView, CreateAssessmentBody, Id, listOf, PatchAssessmentBody } from '@gradeflow/contracts';
import { z } from 'zod';
import { defineEndpoint } from '../../http/define-endpoint.ts';
import { presentAssessment } from './assessments.presenter.ts';

const params = z.object({ id: Id });
const tag = 'Assessments';

const list = defineEndpoint({
  method: 'get',
  path: '/v1/assessments',
  tag,
  summary: 'Assessments that one may see, newest first',
  auth: 'user',
  query: AssessmentListQuery,
  response: { status: 200, schema: listOf(AssessmentView), description: 'One page of them' },
  handle: async ({ services, actor, query }) => {
    const page = await services.assessments.list(actor, query);
    return { body: { items: page.items.map(presentAssessment), nextCursor: page.nextCursor } };
  },
});

const create = defineEndpoint({
  method: 'post',
  path: '/v1/assessments',
  tag,
  summary: 'Make an assessment',
  auth: 'teacher',
  body: CreateAssessmentBody,
  maxBodyBytes: 10_000_000,
  response: { status: 201, schema: AssessmentView, description: 'The assessment; `Location` names it' },
  problems: ['404 COURSE_NOT_FOUND'],
  handle: async ({ services, actor, createId, body }) => {
    const assessment = await services.assessments.create(actor, createId, body);
    return { body: presentAssessment(assessment), headers: { Location: `/v1/assessments/${assessment.id}` } };
  },
});

const get = defineEndpoint({
  method: 'get',
  path: '/v1/assessments/:id',
  tag,
  summary: 'One assessment',
  auth: 'user',
  params,
  response: { status: 200, schema: AssessmentView, description: 'The assessment' },
  problems: ['404 ASSESSMENT_NOT_FOUND'],
  load: ({ services, actor, params: { id } }) => services.visibility.assessment(actor, id, 'read'),
  handle: async ({ subject }) => ({ body: presentAssessment(subject) }),
});

const patch = defineEndpoint({
  method: 'patch',
  path: '/v1/assessments/:id',
  tag,
  summary: 'Change an assessment; fields that are left out stay',
  auth: 'teacher',
  params,
  body: PatchAssessmentBody,
  response: { status: 200, schema: AssessmentView, description: 'The changed assessment' },
  problems: ['404 ASSESSMENT_NOT_FOUND'],
  load: ({ services, actor, params: { id } }) => services.visibility.assessment(actor, id, 'manage'),
  handle: async ({ services, actor, subject, body }) => ({
    body: presentAssessment(await services.assessments.patch(actor, subject, body)),
  }),
});

const remove = defineEndpoint({
  method: 'delete',
  path: '/v1/assessments/:id',
  tag,
  summary: 'Delete an assessment that has no submissions',
  auth: 'teacher',
  params,
  response: { status: 204, description: 'Deleted' },
  problems: ['404 ASSESSMENT_NOT_FOUND', '409 ASSESSMENT_IN_USE'],
  load: ({ services, actor, params: { id } }) => services.visibility.assessment(actor, id, 'manage'),
  handle: async ({ services, subject }) => {
    await services.assessments.remove(subject);
    return {};
  },
});

export const assessmentEndpoints = [list, create, get, patch, remove];
