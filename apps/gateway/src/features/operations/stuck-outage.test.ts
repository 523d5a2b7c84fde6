import { createTcpLink, type TcpLink, waitFor } from '@gradeflow/testing';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import request from 'supertest';
import { type GatewayOnOwnRedis, startGatewayOnOwnRedis } from '../../testing/own-redis.ts';
import { recordSubmission, spoolSubmission } from '../../testing/record-submission.ts';
import { startTestGateway, type TestGateway } from '../../testing/start-test-gateway.ts';

const settings = { standstill: { afterMs: 0, reconcileMs: 7_000 } };
let gateway: TestGateway;

async function call(method: 'get' | 'post', url: string, body?: object, user = gateway.cast.admin) {
  const asked = request(gateway.app)
    [method](url)
    .set('Authorization', await gateway.as(user));
  const began = performance.now();
  const answer = await (body ? asked.send(body) : asked);
  return { status: answer.status, body: answer.body, ms: performance.now() - began };
}

describe('without the queue Redis', () => {
  let own: GatewayOnOwnRedis;
  beforeAll(async () => {
    own = await startGatewayOnOwnRedis({ settings });
    gateway = own.gateway;
  });
  afterAll(() => own.close());

  it.each(['paused', 'gone'] as const)(
    '(%s) a sheet says that the queue is away; operators see it, and may try again what failed',
    async (how) => {
      const { id } = await recordSubmission(gateway);
      const lost = await recordSubmission(gateway);
      await gateway.ports.database.submissions.fail({ id: lost.id }, { code: 'GAVE_UP', detail: 'Too often.' });
      expect((await call('get', `/v1/submissions/${id}`)).body.waitingFor).toMatchObject({ cause: 'NO_WORKER' });
      if (how === 'paused') process.kill(own.redis.pid, 'SIGSTOP');
      else await own.redis.stop();
      const sheet = () => call('get', `/v1/submissions/${id}`);
      const away = await waitFor(async () => {
        const seen = await sheet();
        return seen.body.waitingFor?.cause === 'QUEUE_UNAVAILABLE' ? seen : undefined;
      });
      expect(away).toMatchObject({ status: 200, body: { waitingFor: { nextAt: null, next: expect.stringContaining('safe') } } });
      const stuck = await call('get', '/v1/operations/stuck?limit=100');
      expect([stuck.status, stuck.body.unknown]).toEqual([200, ['queue']]);
      expect(stuck.body.items.find((item: { id: string }) => item.id === id)).toMatchObject({ waitingFor: { cause: 'QUEUE_UNAVAILABLE' } });
      expect(stuck.body.items.find((item: { id: string }) => item.id === lost.id)).toMatchObject({ waitingFor: { cause: 'GAVE_UP' } });
      const overview = await call('get', '/v1/operations');
      expect(overview).toMatchObject({
        status: 200,
        body: {
          status: 'degraded',
          queues: null,
          workers: null,
          spool: { entries: expect.any(Number) },
          dependencies: { redis: { status: 'down' } },
        },
      });
      const retried = await call('post', '/v1/operations/retry', { ids: [lost.id, id] });
      expect(retried.body.items).toMatchObject([
        { outcome: 'RETRIED', detail: expect.stringContaining('once the queue is back') },
        { outcome: 'UNKNOWN', detail: expect.stringContaining('queue') },
      ]);
      expect(await gateway.ports.database.submissions.find(lost.id)).toMatchObject({ status: 'PROCESSING', run: 2 });
      if (how === 'paused') {
        process.kill(own.redis.pid, 'SIGCONT');
        await waitFor(async () => (await sheet()).body.waitingFor?.cause === 'NO_WORKER');
      }
    },
  );

  it('a report says it as well', async () => {
    const { teacher, assessment } = gateway.cast;
    const asked = await call('post', `/v1/assessments/${assessment.id}/reports`, { kind: 'marksheet', format: 'pdf' }, teacher);
    const { body } = await call('get', asked.body.statusUrl, undefined, teacher);
    expect(body).toMatchObject({ status: 'QUEUED', waitingFor: { cause: 'QUEUE_UNAVAILABLE' } });
  });
});

describe('without Postgres', () => {
  let link: TcpLink;
  beforeAll(async () => {
    const databaseUrl = async (url: string) => {
      link = await createTcpLink(url, 5432);
      return link.url;
    };
    gateway = await startTestGateway({ databaseUrl, settings });
    // Who the operators are is known from then on.
    expect((await call('get', '/v1/operations/stuck')).status).toBe(200);
    link.cut();
  });
  afterAll(async () => {
    link.mend();
    await gateway.close();
    await link.close();
  });

  it('an upload says that it is safe and waits for the database; operators see the spool and may queue what the queue lost', async () => {
    const { submissionId } = await spoolSubmission(gateway);
    const apart = await spoolSubmission(gateway);
    await gateway.ports.spool.quarantine(apart.submissionId, 'Damaged.');
    const view = await call('get', `/v1/submissions/${submissionId}`, undefined, gateway.cast.teacher);
    expect(view).toMatchObject({
      status: 200,
      body: { waitingFor: { cause: 'DATABASE_UNAVAILABLE', next: expect.stringContaining('safe') } },
    });
    const { status, body } = await call('get', '/v1/operations/stuck');
    expect([status, body.unknown]).toEqual([200, ['database']]);
    const byId = new Map(body.items.map((item: { id: string }) => [item.id, item]));
    expect(byId.get(submissionId)).toMatchObject({ status: 'ACCEPTED', institution: { name: null }, assessment: { title: null } });
    expect(byId.get(apart.submissionId)).toMatchObject({ status: 'QUARANTINED' });
    const overview = await call('get', '/v1/operations');
    expect(overview.body).toMatchObject({ dependencies: { postgres: { status: 'down' } }, queues: expect.any(Array) });
    const retried = await call('post', '/v1/operations/retry', { ids: [submissionId, apart.submissionId, gateway.cast.assessment.id] });
    expect(retried.body.items).toMatchObject([{ outcome: 'RETRIED' }, { outcome: 'RETRIED' }, { outcome: 'UNKNOWN' }]);
    expect(await gateway.ports.producer.gradingStates([{ submissionId, run: 1 }])).toEqual(['pending']);
    const { text } = await request(gateway.app).get('/metrics');
    expect(text).toMatch(/gradeflow_standing_still_items\{[^}]*cause="/);
  });

  it('is open to nobody else for that', async () => {
    expect((await call('get', '/v1/operations/stuck', undefined, gateway.cast.stranger)).status).toBe(403);
    expect((await call('get', '/v1/operations/stuck', undefined, gateway.cast.teacher)).status).toBe(403);
  });
});
