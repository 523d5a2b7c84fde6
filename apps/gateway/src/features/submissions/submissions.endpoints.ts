import {
  Id,
  listOf,
  MySubmissionsQuery,
  PatchSubmissionBody,
  SubmissionItem,
  SubmissionList,
  SubmissionListQuery,
  SubmissionView,
} from '@gradeflow/contracts';
import { z } from 'zod';
import { defineEndpoint } from '../../http/define-endpoint.ts';
import { uploadEndpoint } from './upload.endpoints.ts';

const params = z.object({ id: Id });
const tag = 'Submissions';

const listOfAssessment = defineEndpoint({
  method: 'get',
  path: '/v1/assessments/:id/submissions',
  tag,
  summary: 'Submissions of an assessment',
  auth: 'teacher',
  params,
  query: SubmissionListQuery,
  response: { status: 200, schema: SubmissionList, description: 'One page of them, with `total` and `counts` by status' },
  problems: ['404 ASSESSMENT_NOT_FOUND', '409 ANONYMOUS_MARKING'],
  load: ({ services, actor, params: { id } }) => services.visibility.assessment(actor, id, 'manage'),
  handle: async ({ services, subject, query }) => ({ body: await services.submissions.listOfAssessment(subject, query) }),
});

const listOwn = defineEndpoint({
  method: 'get',
  path: '/v1/submissions',
  tag,
  summary: "One's own submissions, newest first",
  auth: 'user',
  query: MySubmissionsQuery,
  response: { status: 200, schema: listOf(SubmissionItem), description: 'One page of them' },
  handle: async ({ services, actor, query: { limit, cursor } }) => ({ body: await services.submissions.listOwn(actor, { limit, cursor }) }),
});

const get = defineEndpoint({
  method: 'get',
  path: '/v1/submissions/:id',
  tag,
  summary: 'Status, stages and, once graded, the result',
  auth: 'user',
  params,
  response: { status: 200, schema: SubmissionView, description: 'The submission' },
  problems: ['404 SUBMISSION_NOT_FOUND'],
  load: ({ services, actor, params: { id } }) => services.visibility.submission(actor, id),
  handle: async ({ services, actor, subject }) => ({ body: await services.submissions.view(actor, subject) }),
});

const patch = defineEndpoint({
  method: 'patch',
  path: '/v1/submissions/:id',
  tag,
  summary: 'Say whose sheet it is, or name it',
  auth: 'teacher',
  params,
  body: PatchSubmissionBody,
  response: { status: 200, schema: SubmissionView, description: 'The changed submission' },
  problems: ['404 SUBMISSION_NOT_FOUND', '409 NOT_RECORDED_YET', '422 STUDENT_NOT_FOUND'],
  load: ({ services, actor, params: { id } }) => services.visibility.submission(actor, id),
  handle: async ({ services, actor, subject, body }) => {
    const row = await services.submissions.patch(actor, subject, body);
    return { body: await services.submissions.view(actor, { row, manifest: null }) };
  },
});

const remove = defineEndpoint({
  method: 'delete',
  path: '/v1/submissions/:id',
  tag,
  summary: 'Delete a submission, whatever step it is in',
  auth: 'teacher',
  params,
  response: { status: 204, description: 'Deleted' },
  problems: ['404 SUBMISSION_NOT_FOUND'],
  load: ({ services, actor, params: { id } }) => services.visibility.submission(actor, id),
  handle: async ({ services, params: { id } }) => {
    await services.submissions.remove(id);
    return {};
  },
});

const retry = defineEndpoint({
  method: 'post',
  path: '/v1/submissions/:id/retry',
  tag,
  summary: 'Try a failed submission again, from the step that failed',
  auth: 'teacher',
  params,
  response: { status: 202, schema: SubmissionView, description: 'It is under way again' },
  problems: ['404 SUBMISSION_NOT_FOUND', '409 NOT_FAILED'],
  load: ({ services, actor, params: { id } }) => services.visibility.submission(actor, id),
  handle: async ({ services, actor, subject, createId }) => {
    const row = await services.submissions.retry(actor, createId, subject);
    return {
      body: await services.submissions.view(actor, { row, manifest: null }),
      headers: { Location: `/v1/submissions/${row.id}` },
      after: () => services.submissions.enqueue('flow', row),
    };
  },
});

const regrade = defineEndpoint({
  method: 'post',
  path: '/v1/submissions/:id/regrade',
  tag,
  summary: 'Grade again by the current questions; earlier gradings are kept',
  auth: 'teacher',
  params,
  response: { status: 202, schema: SubmissionView, description: 'It is being graded again' },
  problems: ['404 SUBMISSION_NOT_FOUND', '409 NOT_GRADED_YET'],
  load: ({ services, actor, params: { id } }) => services.visibility.submission(actor, id),
  handle: async ({ services, actor, subject, createId }) => {
    const row = await services.submissions.regrade(actor, createId, subject);
    return {
      body: await services.submissions.view(actor, { row, manifest: null }),
      headers: { Location: `/v1/submissions/${row.id}` },
      after: () => services.submissions.enqueue('grading', row),
    };
  },
});

export const submissionEndpoints = [uploadEndpoint, listOfAssessment, listOwn, get, patch, remove, retry, regrade];
