import type { User } from '@gradeflow/database';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import request from 'supertest';
import { gradeSubmission, machineResult, recordSubmission } from '../../testing/record-submission.ts';
import { startTestGateway, type TestGateway } from '../../testing/start-test-gateway.ts';

let gateway: TestGateway;
beforeAll(async () => {
  gateway = await startTestGateway();
});
afterAll(() => gateway.close());

const get = async (user: User, path = '/v1/institutions/me') =>
  request(gateway.app)
    .get(path)
    .set('Authorization', await gateway.as(user));
const patch = async (user: User, body: object) =>
  request(gateway.app)
    .patch('/v1/institutions/me')
    .set('Authorization', await gateway.as(user))
    .send(body);
const budget = { amount: 19.99, currency: 'EUR', period: 'MONTH' };

/** A call of a run that cost 0.25, as a worker counts it. */
async function spend(submissionId: string, institutionId: string): Promise<void> {
  const { modelSpending } = gateway.ports.database;
  const reservation = await modelSpending.reserve({ institutionId, amount: 1, currency: 'EUR', holdMs: 60_000 });
  if (!reservation) throw new Error('refused');
  const used = { submissionId, run: 1, model: 'm', calls: 1, promptTokens: 900, completionTokens: 90, cost: 0.25, currency: 'EUR' };
  await modelSpending.settle(reservation, used);
}

describe('one’s own institution', () => {
  it('is seen by everybody in it, changed by admins, and by nobody else', async () => {
    const { admin, teacher, student, stranger } = gateway.cast;
    expect((await get(student)).body).toEqual({ id: student.institutionId, name: 'The first' });
    expect((await patch(teacher, { name: 'Mine' })).status).toBe(403);
    const changed = await patch(admin, { name: ' The renamed ', modelBudget: budget });
    expect([changed.status, changed.body]).toEqual([
      200,
      { id: admin.institutionId, name: 'The renamed', modelBudget: budget, modelSpent: 0 },
    ]);
    expect((await get(teacher)).body).toEqual({ id: admin.institutionId, name: 'The renamed', modelBudget: budget });
    expect((await get(stranger)).body).toMatchObject({ id: stranger.institutionId, name: 'The second' });
    const { items } = await gateway.ports.database.audit.list({ institutionId: admin.institutionId, limit: 5 });
    expect(items[0]).toMatchObject({ action: 'institution.changed', actor: { id: admin.id }, data: { modelBudget: { amount: 19.99 } } });
  });

  it('loses its cap by null alone', async () => {
    const { admin } = gateway.cast;
    await patch(admin, { modelBudget: budget });
    expect((await patch(admin, {})).body).toMatchObject({ modelBudget: budget });
    expect((await patch(admin, { modelBudget: null })).body).not.toHaveProperty('modelBudget');
  });

  it.each([
    [{ name: ' ' }, '/name'],
    [{ name: 'x'.repeat(201) }, '/name'],
    [{ modelBudget: { ...budget, amount: -1 } }, '/modelBudget/amount'],
    [{ modelBudget: { ...budget, amount: 1e9 } }, '/modelBudget/amount'],
    [{ modelBudget: { ...budget, amount: 0.0000001 } }, '/modelBudget/amount'],
    [{ modelBudget: { ...budget, currency: 'euro' } }, '/modelBudget/currency'],
    [{ modelBudget: { amount: 1, currency: 'EUR', period: 'YEAR' } }, '/modelBudget/period'],
  ])('refuses %j', async (body, path) => {
    const answer = await patch(gateway.cast.admin, body);
    expect([answer.status, answer.body.errors?.[0]?.path]).toEqual([400, path]);
  });
});

describe('what models cost', () => {
  it('is told by run to whoever marks, and by month to admins', async () => {
    const { admin, teacher, student } = gateway.cast;
    const submission = await recordSubmission(gateway, { studentId: student.id });
    await spend(submission.id, admin.institutionId);
    await spend(submission.id, admin.institutionId);
    await gradeSubmission(gateway, submission);
    const path = `/v1/submissions/${submission.id}/gradings`;
    const usage = [{ model: 'm', calls: 2, promptTokens: 1_800, completionTokens: 180, cost: 0.5, currency: 'EUR' }];
    for (const reader of [teacher, admin]) expect((await get(reader, path)).body.items).toMatchObject([{ modelUsage: usage }]);
    expect((await get(student, path)).body.items[0]).not.toHaveProperty('modelUsage');
    expect((await get(admin)).body.modelSpent).toBe(0.5);
  });

  it('beyond the cap is what a waiting submission says', async () => {
    const { teacher } = gateway.cast;
    const submission = await recordSubmission(gateway);
    const failed = machineResult({ needsReview: true, reviewReasons: ['MODEL_FAILED'], modelFault: 'budget-reached' });
    await gradeSubmission(gateway, submission, [failed, machineResult({ number: '2' })]);
    const { body } = await get(teacher, `/v1/submissions/${submission.id}`);
    expect(body).toMatchObject({ status: 'NEEDS_REVIEW', waitingFor: { cause: 'REVIEW', next: expect.stringContaining('spending cap') } });
    expect(body.result.questions[0].modelFault).toBe('budget-reached');
  });
});
