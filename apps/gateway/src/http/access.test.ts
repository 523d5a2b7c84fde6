import type { Role } from '@gradeflow/contracts';
import type { User } from '@gradeflow/database';
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
  'post /v1/auth/register',
  'post /v1/auth/verification',
  'post /v1/auth/verification/confirm',
  'post /v1/auth/password-reset',
  'post /v1/auth/password-reset/confirm',
  'post /v1/auth/accept-invite',
  'get /v1/meta',
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
/** Of the student whose sheet it is alone. */
const studentsOnly = ['post /v1/submissions/:id/regrade-requests'];
/** Things of the teacher, by the noun in the path; of `users` the student. */
let ids: Record<string, string>;
let people: Record<'own' | 'foreign', Record<Role, User>>;

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
  const bank = await gateway.services.questionBanks.create({ ...teacher, userId: teacher.id }, uuidv7(), 'A bank');
  const [session, key] = [uuidv7(), uuidv7()];
  const { database } = gateway.ports;
  await database.refreshFamilies.insert({
    ...{ id: session, userId: teacher.id, currentHash: session, device: null, address: null },
    expiresAt: new Date(Date.now() + 3_600_000),
  });
  await database.apiKeys.save({ id: key, userId: teacher.id, name: 'Key', keyHash: key, expiresAt: null });
  ids = {
    ...{ assessments: assessment.id, submissions: submission.id, reports: report.id },
    ...{ 'question-papers': paper.id, 'regrade-requests': request.id, 'question-banks': bank.id },
    ...{ courses: gateway.cast.courseId, users: student.id, 'auth/sessions': session, 'api-keys': key },
  };
  const stranger = async (role: Role): Promise<User> => {
    const { institutionId } = gateway.cast.stranger;
    const user = { id: uuidv7(), institutionId, email: `${uuidv7()}@example.org`, name: role, role, passwordHash: 'x' };
    await database.users.insert(user);
    return user;
  };
  people = {
    own: { ADMIN: gateway.cast.admin, TEACHER: gateway.cast.colleague, STUDENT: gateway.cast.otherStudent },
    foreign: { ADMIN: gateway.cast.stranger, TEACHER: await stranger('TEACHER'), STUDENT: await stranger('STUDENT') },
  };
});
afterAll(() => gateway.close());

/** Of something inside: who may have the whole is decided before it is looked for. */
const someId = uuidv7();

/** Calls an endpoint about the teacher's things, with no body: who may is decided before what is asked. */
function call(endpoint: Endpoint, id?: string): Test {
  const noun = /^\/v1\/([\w/-]+)\/:id/.exec(endpoint.path)?.[1];
  const path = endpoint.path
    .replace(':id', id ?? ids[noun ?? ''] ?? someId)
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

  it('lets the teacher of the course through, or the admin where it is theirs alone', async () => {
    if (endpoint.method === 'delete') return; // its own tests delete
    const { admin, teacher } = gateway.cast;
    const answer = await call(endpoint).set('Authorization', await gateway.as(endpoint.auth === 'admin' ? admin : teacher));
    if (studentsOnly.includes(_name)) {
      expect(answer.status).toBe(403);
      return;
    }
    expect([401, 403]).not.toContain(answer.status);
    expect(answer.body.code ?? '').not.toMatch(
      /^(ASSESSMENT|SUBMISSION|REPORT|QUESTION_PAPER|REGRADE_REQUEST|QUESTION_BANK|COURSE|USER)_NOT_FOUND$/,
    );
  });
});

const roles = ['ADMIN', 'TEACHER', 'STUDENT'] as const;
const mayCall = ({ auth }: Endpoint, role: Role) => auth === 'user' || role === 'ADMIN' || (auth === 'teacher' && role === 'TEACHER');

describe.each(guarded)('%s', (_name, endpoint) => {
  it.each(roles)('shows nothing of the teacher’s institution to another one’s %s', async (role) => {
    const answer = await call(endpoint).set('Authorization', await gateway.as(people.foreign[role]));
    const expected = !mayCall(endpoint, role) ? [403] : endpoint.path.includes('/:id') ? [404] : null;
    if (expected) expect(expected).toContain(answer.status);
    else expect(answer.status).toBeLessThan(500);
    const { teacher, colleague, student, admin } = gateway.cast;
    for (const secret of [...Object.values(ids), ...[teacher, colleague, student, admin].flatMap(({ id, email }) => [id, email])])
      expect(answer.text ?? '').not.toContain(secret);
  });

  it.each(roles)('is above the role of %s or not, whatever it is about', async (role) => {
    if (mayCall(endpoint, role)) return;
    const answer = await call(endpoint, uuidv7()).set('Authorization', await gateway.as(people.own[role]));
    expect([answer.status, answer.body.code]).toEqual([403, 'FORBIDDEN']);
  });
});

describe.each(guarded.filter(([, { path }]) => path.startsWith('/v1/operations')))('%s', (_name, endpoint) => {
  it('is for operators alone: admins of the first institution', async () => {
    const { admin, teacher, student } = gateway.cast;
    const others = [teacher, student, ...Object.values(people.foreign), people.own.TEACHER, people.own.STUDENT];
    for (const user of others) {
      const answer = await call(endpoint).set('Authorization', await gateway.as(user));
      expect([answer.status, answer.body.code]).toEqual([403, 'FORBIDDEN']);
    }
    expect([200, 400]).toContain((await call(endpoint).set('Authorization', await gateway.as(admin))).status);
  });
});

describe.each(guarded.filter(([, endpoint]) => own.test(endpoint.path)))('%s', (_name, endpoint) => {
  it.each(roles)('is there for its owner alone, not for a colleague (%s)', async (role) => {
    const answer = await call(endpoint).set('Authorization', await gateway.as(people.own[role]));
    expect(answer.status).toBe(mayCall(endpoint, role) ? 404 : 403);
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
