import { rm, writeFile } from 'node:fs/promises';
import { extractSheet, gradeSubmission, persistFile, readPage, recordMetadata } from '@gradeflow/contracts';
import { createWorkerGroup } from '@gradeflow/queue';
import { connectFast } from '@gradeflow/redis';
import { waitFor } from '@gradeflow/testing';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import request from 'supertest';
import { password, startTestGateway, type TestGateway } from '../../testing/start-test-gateway.ts';

let gateway: TestGateway;
beforeAll(async () => {
  gateway = await startTestGateway({ settings: { metricsToken: 'a token for metrics' } });
});
afterAll(() => gateway.close());

const api = () => request(gateway.app);

describe('/readyz', () => {
  it('is degraded and 200 while no worker is there', async () => {
    const { status, body } = await api().get('/readyz');
    expect([status, body.status]).toEqual([200, 'degraded']);
    expect(body.checks.workers.detail).toContain('no worker for extract-sheet');
    for (const name of ['redis', 'redisCache', 'postgres', 'spool', 'storage']) expect(body.checks[name]).toEqual({ status: 'ok' });
  });
});

describe('/readyz with workers', () => {
  it('is ok once every step of grading has one, and no longer when they are gone', async () => {
    const workers = createWorkerGroup({ ...gateway.queueAt, log: gateway.ports.log });
    for (const job of [extractSheet, readPage, persistFile, recordMetadata, gradeSubmission])
      workers.start(job, () => Promise.reject(new Error('has nothing to do here')), { concurrency: 1 });
    const statusNow = async () => (await api().get('/readyz')).body.status;
    await waitFor(async () => (await statusNow()) === 'ok');
    const redis = connectFast(gateway.queueAt.url, { name: 'test' });
    await waitFor(() => redis.ping());
    const deaf = { queue: 'read-page', id: 'a', slots: 2, running: 0, deafSince: '2026-01-01T00:00:00.000Z' };
    await redis.hset(`${gateway.queueAt.prefix}:heartbeats`, 'deaf-one', JSON.stringify({ beat: 'b', workers: [deaf] }));
    const { body } = await api().get('/readyz');
    expect(body).toMatchObject({
      status: 'degraded',
      checks: { workers: { status: 'down', detail: expect.stringContaining('read-page of deaf-one') } },
    });
    await redis.hdel(`${gateway.queueAt.prefix}:heartbeats`, 'deaf-one');
    redis.disconnect();
    await waitFor(async () => (await statusNow()) === 'ok');
    await workers.close(5_000);
    await waitFor(async () => (await statusNow()) === 'degraded');
  });
});

describe('/metrics', () => {
  it('wants its token and counts by route, and the depth of every queue', async () => {
    expect((await api().get('/metrics')).status).toBe(401);
    expect((await api().get('/metrics').set('Authorization', 'Bearer a token')).status).toBe(401);
    await api()
      .get(`/v1/assessments/${gateway.cast.assessment.id}`)
      .set('Authorization', await gateway.as(gateway.cast.teacher));
    gateway.services.metricsToken = 'token-for-metrics';
    const { text } = await api().get('/metrics').set('Authorization', 'Bearer token-for-metrics');
    expect(text).toMatch(/http_request_duration_seconds_count\{[^}]*route="\/v1\/assessments\/:id",status="200"/);
    expect(text).not.toContain(gateway.cast.assessment.id);
    expect(text).toMatch(/gradeflow_queue_jobs\{[^}]*queue="grade-submission",state="waiting"/);
  });
});

describe('/admin/queues', () => {
  const signIn = (email: string) =>
    api().post('/admin/login').type('form').set('Host', 'a.org').set('Origin', 'http://a.org').send({ email, password });

  it('sends a browser to the form and tells a machine 401', async () => {
    const browser = await api().get('/admin/queues').set('Accept', 'text/html,*/*');
    expect([browser.status, browser.headers.location]).toEqual([303, '/admin/login']);
    expect((await api().get('/admin/queues/api/queues')).status).toBe(401);
    expect((await api().get('/admin/login')).headers['content-security-policy']).toContain("default-src 'none'");
  });

  it('opens for an operator by the cookie that the form sets, to look and not to change', async () => {
    const signedIn = await signIn(gateway.cast.admin.email);
    expect([signedIn.status, signedIn.headers.location]).toEqual([303, '/admin/queues']);
    const cookie = String(signedIn.headers['set-cookie']).split(';')[0] ?? '';
    const page = await api().get('/admin/queues').set('Cookie', cookie);
    expect([page.status, page.headers['content-security-policy']?.includes("default-src 'self'")]).toEqual([200, true]);
    const queues = await api().get('/admin/queues/api/queues').set('Cookie', cookie);
    expect(queues.body.queues.map((queue: { name: string }) => queue.name)).toContain('grade-submission');
    for (const { headers } of [page, queues]) expect(headers).not.toHaveProperty('x-powered-by');
    const write = () => api().put('/admin/queues/api/queues/grade-submission/clean/completed').set('Cookie', cookie).set('Host', 'a.org');
    expect((await write()).status).toBe(403);
    const byBearer = api()
      .put('/admin/queues/api/queues/grade-submission/clean/completed')
      .set('Authorization', await gateway.as(gateway.cast.admin));
    for (const answer of [await write().set('Origin', 'http://a.org'), await byBearer]) {
      expect([answer.status, answer.body.code, answer.headers.allow]).toEqual([405, 'READ_ONLY', 'GET, HEAD']);
      expect(answer.headers['content-type']).toContain('application/problem+json');
    }
  });

  it('stays shut for teachers and for admins of other institutions', async () => {
    for (const user of [gateway.cast.teacher, gateway.cast.stranger]) {
      expect((await signIn(user.email)).status).toBe(403);
      expect(
        (
          await api()
            .get('/admin/queues/api/queues')
            .set('Authorization', await gateway.as(user))
        ).status,
      ).toBe(403);
    }
    const foreign = await api()
      .post('/admin/login')
      .type('form')
      .set('Origin', 'http://evil.org')
      .send({ email: gateway.cast.admin.email, password });
    expect(foreign.status).toBe(403);
  });
});

describe('a spool that does not work', () => {
  it('makes /readyz 503', async () => {
    const broken = await startTestGateway();
    await rm(broken.ports.spool.root, { recursive: true });
    await writeFile(broken.ports.spool.root, 'not a folder');
    const { status, body } = await request(broken.app).get('/readyz');
    expect([status, body.status, body.checks.spool.status]).toEqual([503, 'down', 'down']);
    await broken.close();
  });
});
