import { EvaluateAnswer, EvaluateBody, Id, RubricVersionList, RubricVersionView, TryAnswer, TryBody } from '@gradeflow/contracts';
import type { RubricVersion } from '@gradeflow/database';
import { NotFoundError } from '@gradeflow/errors';
import { createOfflineGrader } from '@gradeflow/grading';
import { uuidv7 } from 'uuidv7';
import { z } from 'zod';
import { defineEndpoint } from '../../http/define-endpoint.ts';

const params = z.object({ id: Id });
const tag = 'Questions';
const offline = createOfflineGrader();

const presentHead = ({ version, createdAt, createdBy, questions }: RubricVersion) => ({
  version,
  createdAt: createdAt.toISOString(),
  createdBy,
  maxScore: questions.reduce((sum, question) => sum + question.maxScore, 0),
});

const listVersions = defineEndpoint({
  method: 'get',
  path: '/v1/assessments/:id/rubric-versions',
  tag,
  summary: 'All versions of the questions, newest first',
  auth: 'teacher',
  params,
  response: { status: 200, schema: RubricVersionList, description: 'The whole list, without the questions' },
  problems: ['404 ASSESSMENT_NOT_FOUND'],
  load: ({ services, actor, params: { id } }) => services.visibility.assessment(actor, id, 'manage'),
  handle: async ({ services, subject }) => {
    const versions = await services.database.rubrics.listVersions(subject.id);
    return { body: { items: versions.map((rubric) => ({ ...presentHead(rubric), questionCount: rubric.questions.length })) } };
  },
});

const getVersion = defineEndpoint({
  method: 'get',
  path: '/v1/assessments/:id/rubric-versions/:n',
  tag,
  summary: 'The questions as they were in one version; gradings name the version that they used',
  auth: 'teacher',
  params: params.extend({ n: z.coerce.number().int().positive().max(2_147_483_647) }),
  response: { status: 200, schema: RubricVersionView, description: 'That version' },
  problems: ['404 ASSESSMENT_NOT_FOUND', '404 RUBRIC_VERSION_NOT_FOUND'],
  load: ({ services, actor, params: { id } }) => services.visibility.assessment(actor, id, 'manage'),
  handle: async ({ services, subject, params: { n } }) => {
    const rubric = await services.database.rubrics.findVersion(subject.id, n);
    if (!rubric) throw new NotFoundError({ code: 'RUBRIC_VERSION_NOT_FOUND', detail: `The questions have no version ${n}.` });
    return { body: { ...presentHead(rubric), questions: rubric.questions } };
  },
});

const evaluate = defineEndpoint({
  method: 'post',
  path: '/v1/assessments/:id/evaluate',
  tag,
  summary: 'Grade again by the current questions, all submissions or the named ones; only what was edited is asked again',
  auth: 'teacher',
  params,
  body: EvaluateBody,
  response: { status: 202, schema: EvaluateAnswer, description: 'How many are being graded again, and which are not' },
  problems: ['404 ASSESSMENT_NOT_FOUND'],
  load: ({ services, actor, params: { id } }) => services.visibility.assessment(actor, id, 'manage'),
  handle: async ({ services, actor, subject, body, createId }) => {
    const { runs, ...answer } = await services.evaluation.start(actor, subject, createId, body.submissionIds);
    return { body: answer, after: () => services.evaluation.enqueue(runs) };
  },
});

const tryQuestion = defineEndpoint({
  method: 'post',
  path: '/v1/assessments/:id/questions/try',
  tag,
  summary: 'How the built-in grader takes an answer to a question that need not be saved',
  auth: 'teacher',
  params,
  body: TryBody,
  response: { status: 200, schema: TryAnswer, description: 'Decisions with their places in the answer; nothing is stored' },
  problems: ['404 ASSESSMENT_NOT_FOUND'],
  load: ({ services, actor, params: { id } }) => services.visibility.assessment(actor, id, 'manage'),
  handle: async ({ subject, body: { question, answer } }) => {
    const grade = await offline.grade({
      question: { ...question, id: question.id ?? uuidv7() },
      answer,
      reviewBelow: subject.reviewBelow,
    });
    const criteria = grade.criteria.map(({ fraction: _, ...criterion }) => criterion);
    return { body: { ...grade, criteria } };
  },
});

export const rubricEndpoints = [listVersions, getVersion, evaluate, tryQuestion];
