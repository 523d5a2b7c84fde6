import { AssessmentView, Id, ReleaseAnswer, ReleaseQuery } from '@gradeflow/contracts';
import { z } from 'zod';
import { defineEndpoint } from '../../http/define-endpoint.ts';
import { presentAssessment } from './assessments.presenter.ts';

const params = z.object({ id: Id });
const tag = 'Assessments';

const release = defineEndpoint({
  method: 'post',
  path: '/v1/assessments/:id/release',
  tag,
  summary: 'Let students see their results and tell each of them; ends anonymous marking. With `preview=true` nothing happens yet',
  auth: 'teacher',
  params,
  query: ReleaseQuery,
  response: { status: 200, schema: ReleaseAnswer, description: 'Open reviews, and who was told; of a repeated call nobody' },
  problems: ['404 ASSESSMENT_NOT_FOUND'],
  load: ({ services, actor, params: { id } }) => services.visibility.assessment(actor, id, 'manage'),
  handle: async ({ services, actor, subject, query }) => ({
    body: await (query.preview === true ? services.releases.preview(subject) : services.releases.release(actor, subject)),
  }),
});

const unrelease = defineEndpoint({
  method: 'post',
  path: '/v1/assessments/:id/unrelease',
  tag,
  summary: 'Withhold the results again, and hide names again where marking is anonymous; notices of the marks are taken back',
  auth: 'teacher',
  params,
  response: { status: 200, schema: AssessmentView, description: 'The assessment' },
  problems: ['404 ASSESSMENT_NOT_FOUND'],
  load: ({ services, actor, params: { id } }) => services.visibility.assessment(actor, id, 'manage'),
  handle: async ({ services, actor, subject }) => ({ body: presentAssessment(await services.releases.unrelease(actor, subject)) }),
});

export const releaseEndpoints = [release, unrelease];
