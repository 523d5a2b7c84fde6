import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import request, { type Test } from 'supertest';
import { uuidv7 } from 'uuidv7';
import { routes } from '../routes.ts';
import { recordPaper } from '../testing/record-paper.ts';
import { gradeSubmission, machineResult, recordSubmission } from '../testing/record-submission.ts';
import { makeAssessment, startTestGateway, type TestGateway } from '../testing/start-test-gateway.ts';
import type { Endpoint } from './define-endpoint.ts';

/** All that may be asked without a token; a new one must be written here on purpose. */
const publicRoutes = [
  'post /v1/auth/login',
  'post /v1/auth/refresh',
  'post /v1/auth/logout',
  'get /healthz',
  'get /readyz',
  'get /metrics',
  'get /s/:code',
];
const nameOf = ({ method, path }: Endpoint) => `${method} ${path}`;
const table = routes.map((endpoint) => [nameOf(endpoint), endpoint] as const);
const guarded = table.filter(([, endpoint]) => endpoint.auth !== 'public');
/** What belongs to one person and is there for nobody else. */
const own = /^\/v1\/(auth\/sessions|api-keys)\/:id/;
const named = guarded.filter(([, endpoint]) => endpoint.path.includes('/:id') && !own.test(endpoint.path));

let gateway: TestGateway;
let ids: Record<'assessments' | 'submissions' | 'reports' | 'question-papers' | 'regrade-requests' | 'question-banks', string>;
/** Of the student whose sheet it is alone. */
const studentsOnly = ['post /v1/submissions/:id/regrade-requests'];

beforeAll(async () => {
  gateway = await startTestGateway();
  const { teacher, student, assessment } = gateway.cast;
  const submission = await recordSubmission(gateway, { studentId: student.id });
  const report = await gateway.ports.database.reports.insert({
    id: uuidv7(),
    institutionId: teacher.institutionId,
    assessmentId: assessment.id,
    createdBy: teacher.id,
    kind: 'marksheet',
    format: 'pdf',
    studentId: null,
  });
  const paper = await recordPaper(gateway);
  const questionId = uuidv7();
  await gradeSubmission(gateway, submission, [machineResult({ questionId })]);
  const request = { id: uuidv7(), submissionId: submission.id, questionId, studentId: student.id, message: 'Please look again.' };
  await gateway.ports.database.regradeRequests.insert(request);
  const bank = await gateway.services.questionBanks.create({ ...teacher, userId: teacher.id }, 'A bank');
  ids = {
    ...{ assessments: assessment.id, submissions: submission.id, reports: report.id },
    ...{ 'question-papers': paper.id, 'regrade-requests': request.id, 'question-banks': bank.id },
  };
});
afterAll(() => gateway.close());

/** Of something inside: who may have the whole is decided before it is looked for. */
const someId = uuidv7();

/** Calls an endpoint about the teacher's things, with no body: who may is decided before what is asked. */
function call(endpoint: Endpoint, id?: string): Test {
  const noun = /^\/v1\/(assessments|submissions|reports|question-papers|regrade-requests|question-banks)\/:id/.exec(endpoint.path)?.[1] as
    | keyof typeof ids
    | undefined;
  const path = endpoint.path
    .replace(':id', id ?? (noun ? ids[noun] : someId))
    .replace(':n', '1')
    .replace(':code', '0123456789ab')
    .replace(/:\w+Id\b|:qid\b/g, someId);
  return request(gateway.app)[endpoint.method](path);
}

it('the routes that need no token are exactly the ones written here', () => {
  expect(
    table
      .filter(([, endpoint]) => endpoint.auth === 'public')
      .map(([name]) => name)
      .sort(),
  ).toEqual([...publicRoutes].sort());
});

describe.each(guarded)('%s', (_name, endpoint) => {
  it('answers 401 without a token and with a broken one', async () => {
    for (const answer of [await call(endpoint), await call(endpoint).set('Authorization', 'Bearer x.y.z')]) {
      // HEAD has no body.
      expect([answer.status, answer.body.code]).toEqual([401, endpoint.method === 'head' ? undefined : 'UNAUTHORIZED']);
      expect(answer.headers['www-authenticate']).toContain('Bearer');
    }
  });
});

describe.each(guarded.filter(([, { auth }]) => auth !== 'user'))('%s', (_name, endpoint) => {
  it('answers 403 to a student', async () => {
    const answer = await call(endpoint).set('Authorization', await gateway.as(gateway.cast.student));
    expect([answer.status, answer.body.code]).toEqual([403, 'FORBIDDEN']);
  });
});

describe.each(named)('%s', (_name, endpoint) => {
  it('is not there for another institution, nor for an id of nothing, nor for what is no id', async () => {
    const stranger = await gateway.as(gateway.cast.stranger);
    const admin = await gateway.as(gateway.cast.admin);
    expect((await call(endpoint).set('Authorization', stranger)).status).toBe(404);
    expect((await call(endpoint, uuidv7()).set('Authorization', admin)).status).toBe(404);
    expect((await call(endpoint, 'no-id').set('Authorization', admin)).status).toBe(404);
  });

  it('is refused to a colleague who does not teach the course', async () => {
    const answer = await call(endpoint).set('Authorization', await gateway.as(gateway.cast.colleague));
    expect([answer.status, answer.body.code]).toEqual([403, 'FORBIDDEN']);
  });

  it('is not there, or refused, for a student of another course', async () => {
    const answer = await call(endpoint).set('Authorization', await gateway.as(gateway.cast.otherStudent));
    expect(answer.status).toBe(endpoint.auth === 'user' && endpoint.path.startsWith('/v1/submissions') ? 404 : 403);
  });

  it('lets the teacher of the course through', async () => {
    if (endpoint.method === 'delete') return; // its own tests delete
    const answer = await call(endpoint).set('Authorization', await gateway.as(gateway.cast.teacher));
    if (studentsOnly.includes(_name)) {
      expect(answer.status).toBe(403);
      return;
    }
    expect([401, 403]).not.toContain(answer.status);
    expect(answer.body.code ?? '').not.toMatch(/^(ASSESSMENT|SUBMISSION|REPORT|QUESTION_PAPER|REGRADE_REQUEST|QUESTION_BANK)_NOT_FOUND$/);
  });
});

it('an assessment without a course is its maker’s and the admins’ alone', async () => {
  const own = await makeAssessment(gateway.ports.database, gateway.cast.teacher, {});
  const statuses: number[] = [];
  for (const user of [gateway.cast.teacher, gateway.cast.admin, gateway.cast.colleague, gateway.cast.student, gateway.cast.stranger])
    statuses.push(
      (
        await request(gateway.app)
          .get(`/v1/assessments/${own.id}`)
          .set('Authorization', await gateway.as(user))
      ).status,
    );
  expect(statuses).toEqual([200, 200, 403, 403, 404]);
});
