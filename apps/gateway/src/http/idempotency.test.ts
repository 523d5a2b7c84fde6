import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { KeptAnswer } from '@gradeflow/database';
import type { ConflictError } from '@gradeflow/errors';
import { createTestDatabase, type TestDatabase, waitFor } from '@gradeflow/testing';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import request from 'supertest';
import { uuidv7 } from 'uuidv7';
import { startTestGateway, type TestGateway } from '../testing/start-test-gateway.ts';
import { createIdempotency, createOnce } from './idempotency.ts';

let gateway: TestGateway;
let token: string;
beforeAll(async () => {
  gateway = await startTestGateway();
  token = await gateway.as(gateway.cast.teacher);
});
afterAll(() => gateway.close());

const title = () => `Exam ${uuidv7()}`;
const create = (key: string, body: object, as = token) =>
  request(gateway.app).post('/v1/assessments').set({ Authorization: as, 'Idempotency-Key': key }).send(body);
const countOf = async (wanted: string) => {
  const all = await gateway.services.assessments.list(
    { userId: gateway.cast.admin.id, institutionId: gateway.cast.admin.institutionId, role: 'ADMIN' },
    { limit: 100 },
  );
  return all.items.filter((item) => item.title === wanted).length;
};

describe('a key', () => {
  it('fifty calls at once have one effect; what is not the first says so, or gives its answer', async () => {
    const [key, body] = [uuidv7(), { title: title() }];
    const answers = await Promise.all(Array.from({ length: 50 }, () => create(key, body)));
    const made = answers.filter(({ status }) => status === 201);
    const waiting = answers.filter(({ status }) => status === 409);
    expect(made.length + waiting.length).toBe(50);
    expect(made.filter(({ headers }) => headers['idempotency-replayed'] === undefined)).toHaveLength(1);
    expect(new Set(made.map((answer) => answer.body.id)).size).toBe(1);
    for (const answer of waiting) {
      expect(answer.body.code).toBe('IDEMPOTENCY_IN_PROGRESS');
      expect(Number(answer.headers['retry-after'])).toBeGreaterThan(0);
    }
    expect(await countOf(body.title)).toBe(1);
  });

  it('gives the first answer again, with its Location', async () => {
    const [key, body] = [uuidv7(), { title: title() }];
    const first = await create(key, body);
    const again = await create(key, body);
    expect([again.status, again.body, again.headers.location]).toEqual([201, first.body, first.headers.location]);
    expect([first.headers['idempotency-replayed'], again.headers['idempotency-replayed']]).toEqual([undefined, 'true']);
  });

  it('with another body is refused, and belongs to one person and one address', async () => {
    const [key, body] = [uuidv7(), { title: title() }];
    await create(key, body);
    const other = await create(key, { title: title() });
    expect([other.status, other.body.code]).toEqual([422, 'IDEMPOTENCY_KEY_REUSED']);
    const colleague = await create(key, body, await gateway.as(gateway.cast.colleague));
    expect([colleague.status, colleague.headers['idempotency-replayed']]).toEqual([201, undefined]);
    expect(await countOf(body.title)).toBe(2);
    const elsewhere = await request(gateway.app)
      .post(`/v1/assessments/${gateway.cast.assessment.id}/reports`)
      .set({ Authorization: token, 'Idempotency-Key': key })
      .send({ kind: 'marksheet', format: 'pdf' });
    expect(elsewhere.status).toBe(202);
  });

  it('is free again after a refusal, and must be a key', async () => {
    const key = uuidv7();
    expect((await create(key, { title: 'x', courseId: uuidv7() })).status).toBe(404);
    expect((await create(key, { title: title() })).status).toBe(201);
    expect((await create('two words', { title: title() })).status).toBe(400);
  });

  it('replays nothing to somebody who may not have it any more', async () => {
    const [key, path_] = [uuidv7(), `/v1/assessments/${gateway.cast.colleaguesAssessment.id}/reports`];
    const ask = (as: string) =>
      request(gateway.app).post(path_).set({ Authorization: as, 'Idempotency-Key': key }).send({ kind: 'marksheet', format: 'pdf' });
    expect((await ask(await gateway.as(gateway.cast.colleague))).status).toBe(202);
    expect((await ask(token)).status).toBe(403);
  });
});

describe('after a crash', () => {
  // Long enough for a slow machine to ask once before it has run out.
  const leaseMs = 5_000;
  const secret = 'a secret of the tests alone, long enough';
  let data: TestDatabase;
  const children: ChildProcess[] = [];
  beforeAll(async () => {
    data = await createTestDatabase();
  });
  afterAll(async () => {
    for (const child of children) child.kill('SIGKILL');
    await data.drop();
  });

  /** Another process begins a call and is killed in the middle of it. */
  const crash = async (call: { scope: string[]; body: unknown }, more: { institutionId: string; early: boolean }): Promise<string> => {
    const script = fileURLToPath(new URL('../testing/hold-key.ts', import.meta.url));
    const child = spawn(process.execPath, [script, JSON.stringify({ url: data.url, secret, leaseMs, ...call, ...more })], {
      env: { ...process.env, NODE_OPTIONS: '' },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    children.push(child);
    const [line] = await once(child.stdout, 'data');
    child.kill('SIGKILL');
    await once(child, 'exit');
    return String(line).trim();
  };
  const makeInstitution = async () => {
    const id = uuidv7();
    await data.database.institutions.insert({ id, name: 'School' });
    return id;
  };

  it.each([
    ['after the effect: the next call goes on under the same id, and nothing is made twice', false],
    ['before the effect: the next call makes it', true],
  ])(
    '%s',
    async (_when, early) => {
      const institutionId = await makeInstitution();
      const call = { scope: ['person', 'POST /v1/courses', uuidv7()], body: { name: 'Made before the end' } };
      const id = await crash(call, { institutionId, early });
      const { once: doOnce } = createIdempotency({ database: data.database, secret, leaseMs });
      let attempts = 0;
      const work = async (createId: string): Promise<KeptAnswer> => {
        attempts += 1;
        const { courses } = data.database;
        const course = { id: createId, institutionId, name: 'Made before the end' };
        await createOnce(
          () => courses.insert(course),
          async () => void (await courses.find(createId)),
        );
        return { body: { id: createId }, headers: {} };
      };
      await expect(doOnce(call, work)).rejects.toMatchObject({ code: 'IDEMPOTENCY_IN_PROGRESS', status: 409 });
      const answer = await waitFor(() => doOnce(call, work), { timeoutMs: 30_000, everyMs: 100 });
      expect(answer.body).toEqual({ id });
      expect(attempts).toBe(1);
      expect(await data.database.courses.find(id)).toMatchObject({ id });
    },
    60_000,
  );

  it('a call that outlives its lease keeps its key, for it says that it lives', async () => {
    const { once: doOnce } = createIdempotency({ database: data.database, secret, leaseMs: 300 });
    const call = { scope: [uuidv7()], body: null };
    let finish = () => {};
    const slow = doOnce(call, () => new Promise((resolve) => (finish = () => resolve({ body: 'first', headers: {} }))));
    const refusals: number[] = [];
    const until = Date.now() + 900;
    await waitFor(async () => {
      await doOnce(call, async () => ({ body: 'second', headers: {} })).catch((error: ConflictError) => refusals.push(error.status));
      return Date.now() > until;
    });
    expect(new Set(refusals)).toEqual(new Set([409]));
    finish();
    expect(await slow).toEqual({ body: 'first', headers: {} });
    expect(await doOnce(call, async () => null)).toMatchObject({ body: 'first', headers: { 'Idempotency-Replayed': 'true' } });
  });
});
