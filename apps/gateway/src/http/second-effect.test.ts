import { spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { countRows, waitFor } from '@gradeflow/testing';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import request, { type Test } from 'supertest';
import { uuidv7 } from 'uuidv7';
import { routes } from '../routes.ts';
import type { KeyedRequest } from '../testing/die-before-answer.ts';
import { cases } from '../testing/http-suite/cases.ts';
import { createWorld, unsure, type World } from '../testing/http-suite/world.ts';
import { gradeSubmission, machineResult } from '../testing/record-submission.ts';
import { startTestGateway, type TestGateway } from '../testing/start-test-gateway.ts';

const leaseMs = 3_000;
/** All that take a key from the mount loop. */
const keyed = routes.filter(({ method, auth, ownIdempotency }) => method === 'post' && auth !== 'public' && !ownIdempotency);
let gateway: TestGateway;
let world: World;
const calls = new Map<string, KeyedRequest>();
let before: Record<string, number>;
let after: Record<string, number>;

beforeAll(async () => {
  gateway = await startTestGateway({ settings: { idempotencyLeaseMs: leaseMs } });
  world = await createWorld(gateway);
  for (const { method, path: pattern } of keyed) {
    const prepared = await cases[`${method} ${pattern}`]?.(world);
    if (!prepared) throw new Error(`${pattern} has no case`);
    calls.set(`${method} ${pattern}`, { ...described(prepared()) });
  }
  before = await countRows(gateway.databaseUrl);
  // Last, because the sheets that others decide would be busy.
  const last = calls.get('post /v1/assessments/:id/evaluate');
  await dieBeforeAnswers([...calls.values()].filter((call) => call !== last).concat(last ?? []));
  after = await countRows(gateway.databaseUrl);
  await finishWork();
}, 120_000);
afterAll(() => gateway?.close());

/** What a test of supertest would send; it is not sent. */
function described(test: Test): KeyedRequest {
  const { url, _data, _server, header } = test as unknown as {
    url: string;
    _data: unknown;
    _server?: { close(): void };
    header: Record<string, string>;
  };
  _server?.close();
  const { pathname, search } = new URL(url);
  return { path: `${pathname}${search}`, headers: { ...header, 'Idempotency-Key': uuidv7() }, body: _data };
}

async function dieBeforeAnswers(all: KeyedRequest[]): Promise<void> {
  const { databaseUrl, queueAt, ports } = gateway;
  const places = {
    databaseUrl,
    redisUrl: queueAt.url,
    queueAt,
    folder: path.dirname(ports.spool.root),
    settings: { idempotencyLeaseMs: leaseMs },
  };
  const script = fileURLToPath(new URL('../testing/die-before-answer.ts', import.meta.url));
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', script, JSON.stringify({ places, calls: all })], {
    env: { ...process.env, NODE_OPTIONS: '' },
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  const [, signal] = await once(child, 'exit');
  expect(signal).toBe('SIGKILL');
}

/** The runs that were begun end before anybody asks again, so that another one could be begun. */
async function finishWork(): Promise<void> {
  const { submissions } = gateway.ports.database;
  const idOf = (name: string) => calls.get(name)?.path.split('/')[3] ?? '';
  const evaluated = await submissions.list({
    assessmentId: world.sheets.assessmentId,
    status: 'PROCESSING',
    sort: 'createdAt',
    limit: 100,
  });
  const others = await submissions.findMany([idOf('post /v1/submissions/:id/regrade')]);
  const results = [machineResult({ ...unsure, questionId: world.sheets.question.id })];
  for (const submission of [...evaluated.items, ...others]) await gradeSubmission(gateway, submission, results);
  const retried = [idOf('post /v1/submissions/:id/retry'), ...retriedByOperator()];
  for (const id of retried) await submissions.fail({ id }, { code: 'SHEET_UNREADABLE', detail: 'No page could be read.' });
}

it('has had an effect before the process died', () => {
  const changed = Object.keys(after).filter((table) => after[table] !== before[table]);
  expect(changed).toEqual(
    expect.arrayContaining([
      'api_key',
      'assessment',
      'audit_event',
      'course',
      'grading',
      'question_bank',
      'report',
      'review_claim',
      'room',
    ]),
  );
});

it.each(keyed.map((endpoint) => [`${endpoint.method} ${endpoint.path}`, endpoint] as const))(
  '%s has no second effect when it is asked again after the process died',
  async (name, endpoint) => {
    const call = calls.get(name);
    if (!call) throw new Error('it was not called');
    const { databaseUrl } = gateway;
    const runs = async () =>
      (await gateway.ports.database.submissions.findMany(submissionIds())).map(({ id, run }) => `${id} ${run}`).sort();
    const [rows, runsBefore] = [await countRows(databaseUrl), await runs()];
    const answer = await waitFor(
      async () => {
        const sent = await request(gateway.app)
          .post(call.path)
          .set(call.headers)
          .send(call.body as object);
        return sent.body.code === 'IDEMPOTENCY_IN_PROGRESS' ? null : sent;
      },
      { timeoutMs: 20_000, everyMs: 200 },
    );
    expect([answer.status, answer.headers['idempotency-replayed']]).toEqual([endpoint.response.status, undefined]);
    expect([await countRows(databaseUrl), await runs()]).toEqual([rows, runsBefore]);
  },
);

/** Of those that a call names. */
function submissionIds(): string[] {
  const named = [...calls.values()].flatMap(({ path: asked }) => /^\/v1\/submissions\/([^/]+)/.exec(asked)?.[1] ?? []);
  return [...named, ...retriedByOperator()];
}

function retriedByOperator(): string[] {
  const body = calls.get('post /v1/operations/retry')?.body as { ids: string[] } | undefined;
  return body?.ids ?? [];
}
