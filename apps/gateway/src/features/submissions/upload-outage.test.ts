import type { AddressInfo } from 'node:net';
import { createServer, type Server, type Socket } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import request from 'supertest';
import { uuidv7 } from 'uuidv7';
import { pdfOf } from '../../testing/sample-files.ts';
import { startTestGateway, type TestGateway } from '../../testing/start-test-gateway.ts';

/** A server that takes connections and never says a word. */
async function silentServer(): Promise<{ port: number; close: () => Promise<void> }> {
  const sockets = new Set<Socket>();
  const server: Server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    close: async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

describe('without Redis', () => {
  let gateway: TestGateway;
  beforeAll(async () => {
    gateway = await startTestGateway({ redisUrl: 'redis://127.0.0.1:1' });
  });
  afterAll(() => gateway.close());

  it('an upload is accepted, and its status can be read', async () => {
    const authorization = await gateway.as(gateway.cast.teacher);
    const answer = await request(gateway.app)
      .post(`/v1/assessments/${gateway.cast.assessment.id}/submissions`)
      .set('Authorization', authorization)
      .attach('file', await pdfOf(1), 'a.pdf');
    expect(answer.status).toBe(202);
    await gateway.services.background.drained();
    const status = await request(gateway.app).get(answer.body.statusUrl).set('Authorization', authorization);
    expect([status.status, status.body.status]).toEqual([200, 'RECEIVED']);
  });

  it('/readyz is degraded and 200', async () => {
    const answer = await request(gateway.app).get('/readyz');
    expect([answer.status, answer.body.status]).toEqual([200, 'degraded']);
    expect(answer.body.checks).toMatchObject({ redis: { status: 'down' }, postgres: { status: 'ok' }, spool: { status: 'ok' } });
  });
});

describe('with a Postgres that is silent', () => {
  let gateway: TestGateway;
  let silent: Awaited<ReturnType<typeof silentServer>>;
  beforeAll(async () => {
    silent = await silentServer();
    gateway = await startTestGateway({ databaseUrl: `postgres://u@127.0.0.1:${silent.port}/x`, settings: { uploadLookupMs: 250 } });
  });
  afterAll(async () => {
    await gateway.close();
    await silent.close();
  });

  it('uploads are accepted by their claims; only the first waits', async () => {
    const authorization = await gateway.as(gateway.cast.teacher);
    const bytes = await pdfOf(1);
    const send = () =>
      request(gateway.app)
        .post(`/v1/assessments/${uuidv7()}/submissions`)
        .set('Authorization', authorization)
        .attach('file', bytes, 'a.pdf');
    expect((await send()).status).toBe(202);
    const lookups: number[] = [];
    const find = gateway.ports.database.assessments.find;
    gateway.ports.database.assessments.find = (id) => {
      lookups.push(1);
      return find(id);
    };
    const answers = await Promise.all([send(), send(), send()]);
    gateway.ports.database.assessments.find = find;
    expect(answers.map((answer) => answer.status)).toEqual([202, 202, 202]);
    expect(lookups.length).toBeLessThanOrEqual(1);
  });

  it('a question paper too; a student’s role is known without asking', async () => {
    const send = async (user: TestGateway['cast']['teacher']) =>
      request(gateway.app)
        .post(`/v1/assessments/${uuidv7()}/question-paper`)
        .set('Authorization', await gateway.as(user))
        .attach('file', await pdfOf(1), 'a.pdf');
    const answer = await send(gateway.cast.teacher);
    expect(answer.status).toBe(202);
    const status = (user: TestGateway['cast']['teacher']) =>
      gateway.as(user).then((authorization) => request(gateway.app).get(answer.body.statusUrl).set('Authorization', authorization));
    expect((await status(gateway.cast.teacher)).body).toMatchObject({
      id: answer.body.id,
      status: 'PROCESSING',
      progress: { pagesTotal: 1 },
      waitingFor: { cause: 'DATABASE_UNAVAILABLE' },
    });
    expect((await status(gateway.cast.colleague)).status).toBe(503);
    expect((await send(gateway.cast.student)).status).toBe(403);
  });

  it('the uploader reads the status from the spool; what only Postgres can judge is 503', async () => {
    const authorization = await gateway.as(gateway.cast.teacher);
    const { body } = await request(gateway.app)
      .post(`/v1/assessments/${gateway.cast.assessment.id}/submissions`)
      .set('Authorization', authorization)
      .attach('file', await pdfOf(1), 'a.pdf');
    expect((await request(gateway.app).get(body.statusUrl).set('Authorization', authorization)).body).toMatchObject({
      id: body.id,
      status: 'RECEIVED',
      progress: { pagesTotal: 1 },
    });
    const colleague = await request(gateway.app)
      .get(body.statusUrl)
      .set('Authorization', await gateway.as(gateway.cast.colleague));
    expect([colleague.status, colleague.body.code]).toEqual([503, 'DATABASE_UNAVAILABLE']);
    const stranger = await request(gateway.app)
      .get(body.statusUrl)
      .set('Authorization', await gateway.as(gateway.cast.stranger));
    expect(stranger.status).toBe(503);
    const login = await request(gateway.app).post('/v1/auth/login').send({ email: 'a@b.c', password: 'x' });
    expect(login.status).toBe(503);
  });
});
