import type { User } from '@gradeflow/database';
import { waitFor } from '@gradeflow/testing';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import request, { type Response } from 'supertest';
import { uuidv7 } from 'uuidv7';
import { routes } from '../routes.ts';
import { gradeSubmission, recordSubmission } from '../testing/record-submission.ts';
import { startTestGateway, type TestGateway } from '../testing/start-test-gateway.ts';

const cached = routes.filter((endpoint) => endpoint.cache);
let gateway: TestGateway;
let bankId: string;

beforeAll(async () => {
  gateway = await startTestGateway();
  const { teacher } = gateway.cast;
  bankId = (await gateway.services.questionBanks.create({ ...teacher, userId: teacher.id }, uuidv7(), 'Photosynthesis')).id;
  await recordSubmission(gateway, { studentId: gateway.cast.student.id });
});
afterAll(() => gateway.close());

const addressOf = (path: string) =>
  path
    .replace('/question-banks/:id', `/question-banks/${bankId}`)
    .replace('/assessments/:id', `/assessments/${gateway.cast.assessment.id}`)
    .concat(path === '/v1/search' ? '?q=exam' : '');

async function get(user: User, path: string, headers: Record<string, string> = {}): Promise<Response> {
  return request(gateway.app)
    .get(addressOf(path))
    .set({ Authorization: await gateway.as(user), ...headers });
}

it('is these routes', () => {
  expect(cached.map(({ path }) => path).sort()).toEqual([
    '/v1/assessments/:id/summary',
    '/v1/dashboard',
    '/v1/institutions/me',
    '/v1/question-banks',
    '/v1/question-banks/:id/questions',
    '/v1/search',
    '/v1/users/me',
  ]);
});

describe.each(cached.map(({ path }) => path))('%s', (path) => {
  it('is loaded once, then comes as the same bytes with the same tag, and 304 to whoever has it', async () => {
    const first = await get(gateway.cast.teacher, path);
    const second = await get(gateway.cast.teacher, path);
    expect([first.status, second.status]).toEqual([200, 200]);
    expect([first.headers['x-cache'], second.headers['x-cache']]).toEqual(['MISS', 'HIT']);
    expect([second.text, second.headers.etag, second.type]).toEqual([first.text, first.headers.etag, 'application/json']);
    expect(second.headers['cache-control']).toBe('private, no-cache');
    const known = await get(gateway.cast.teacher, path, { 'If-None-Match': String(first.headers.etag) });
    expect([known.status, known.text, known.headers['x-cache']]).toEqual([304, '', 'HIT']);
    expect((await get(gateway.cast.teacher, path, { 'If-None-Match': '"other"' })).status).toBe(200);
  });

  it('gives nobody what was kept for somebody else: each person gets what that person gets from an empty cache', async () => {
    const { admin, teacher, colleague, student, otherStudent, stranger } = gateway.cast;
    const everybody = [admin, teacher, colleague, student, otherStudent, stranger];
    const answersOf = async () => {
      const answers: Array<[number, string]> = [];
      for (const user of everybody) {
        const { status, text, headers } = await get(user, path);
        answers.push([status, status === 200 ? text : String(headers['content-type'])]);
      }
      return answers;
    };
    const forget = () =>
      gateway.ports.database.cacheEpochs.raise().then(() => waitFor(async () => (await get(teacher, path)).headers['x-cache'] === 'MISS'));
    const whole = await answersOf();
    const alone: Array<[number, string]> = [];
    for (const user of everybody) {
      await forget();
      const { status, text, headers } = await get(user, path);
      alone.push([status, status === 200 ? text : String(headers['content-type'])]);
    }
    expect(whole).toEqual(alone);
    // A second round is from the cache.
    expect(await answersOf()).toEqual(whole);
  });

  it('looks for a token before it looks into the cache', async () => {
    await get(gateway.cast.teacher, path);
    const answer = await request(gateway.app).get(addressOf(path));
    expect([answer.status, answer.headers['x-cache']]).toEqual([401, undefined]);
  });
});

describe('a write ends what was made of it', () => {
  const body = async (user: User, path: string) => (await get(user, path)).body;

  it('a new submission, its grade, its deletion', async () => {
    const { teacher, colleague } = gateway.cast;
    const before = await body(teacher, '/v1/dashboard');
    const others = await get(colleague, '/v1/dashboard');
    const submission = await recordSubmission(gateway);
    expect((await body(teacher, '/v1/dashboard')).submissions.PROCESSING).toBe(before.submissions.PROCESSING + 1);
    expect((await body(teacher, '/v1/dashboard')).recent[0].id).toBe(submission.id);
    await gradeSubmission(gateway, submission);
    expect(await body(teacher, '/v1/dashboard')).toMatchObject({
      gradedToday: before.gradedToday + 1,
      submissions: { GRADED: before.submissions.GRADED + 1 },
    });
    expect(await body(teacher, '/v1/assessments/:id/summary')).toMatchObject({ n: 1, mean: 2, counts: { GRADED: 1 } });
    await gateway.ports.database.submissions.markDeleted(submission.id);
    expect(await body(teacher, '/v1/dashboard')).toEqual(before);
    expect(await body(teacher, '/v1/assessments/:id/summary')).toMatchObject({ n: 0, mean: null, sd: null, alpha: null });
    expect((await get(colleague, '/v1/dashboard')).text).toBe(others.text);
  });

  it('also when the id was written in capitals', async () => {
    const { teacher, assessment } = gateway.cast;
    const path = `/v1/assessments/${assessment.id.toUpperCase()}/summary`;
    await get(teacher, path);
    const submission = await recordSubmission(gateway);
    expect((await get(teacher, path)).body.counts.PROCESSING).toBe((await body(teacher, '/v1/assessments/:id/summary')).counts.PROCESSING);
    await gateway.ports.database.submissions.markDeleted(submission.id);
  });
});
