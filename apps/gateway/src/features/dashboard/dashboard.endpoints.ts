import { AssessmentSummary, DashboardAnswer, Id } from '@gradeflow/contracts';
import { assessmentTag, institutionTag } from '@gradeflow/database';
import { z } from 'zod';
import { defineEndpoint } from '../../http/define-endpoint.ts';

const dashboard = defineEndpoint({
  method: 'get',
  path: '/v1/dashboard',
  tag: 'Figures',
  summary: 'How things stand, over all that one may see',
  auth: 'user',
  // Short, because percentages of sheets under way end nothing, and because the day ends by itself.
  cache: { vary: 'person', ttlSeconds: 10, tags: ({ actor }) => [institutionTag(actor.institutionId)] },
  response: { status: 200, schema: DashboardAnswer, description: 'Counts, and the newest submissions' },
  handle: async ({ services, actor }) => ({ body: await services.figures.dashboard(actor) }),
});

const summary = defineEndpoint({
  method: 'get',
  path: '/v1/assessments/:id/summary',
  tag: 'Figures',
  summary: 'Statistics and item analysis of what counts now',
  auth: 'teacher',
  params: z.object({ id: Id }),
  cache: { vary: 'role', ttlSeconds: 300, tags: ({ params }) => [assessmentTag(params.id)] },
  response: { status: 200, schema: AssessmentSummary, description: 'A figure is null where the marks do not determine it' },
  problems: ['404 ASSESSMENT_NOT_FOUND'],
  load: ({ services, actor, params: { id } }) => services.visibility.assessment(actor, id, 'manage'),
  handle: async ({ services, subject }) => ({ body: await services.figures.summary(subject) }),
});

export const dashboardEndpoints = [dashboard, summary];
