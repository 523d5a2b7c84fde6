import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { User } from '@gradeflow/database';
import { waitFor } from '@gradeflow/testing';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import request from 'supertest';
import { uuidv7 } from 'uuidv7';
import { holdForever } from '../../testing/idle-fleet.ts';
import { recordPaper } from '../../testing/record-paper.ts';
import { recordSubmission, spoolSubmission } from '../../testing/record-submission.ts';
import { password, startTestGateway } from '../../testing/start-test-gateway.ts';
import { type StillGateway, startStillGateway } from '../../testing/still-gateway.ts';

let gateway: StillGateway;
beforeAll(async () => {
  gateway = await startStillGateway();
});
afterEach(() => gateway.endWorkers());
afterAll(() => gateway.close());

const as = async (user: User, method: 'get' | 'post', url: string, body?: object) => {
  const call = request(gateway.app)
    [method](url)
    .set('Authorization', await gateway.as(user));
  return body ? call.send(body) : call;
};
const admin = () => gateway.cast.admin;
const retry = async (...ids: string[]) => (await as(admin(), 'post', '/v1/operations/retry', { ids })).body.items;

/** All pages of the list. */
async function stuck(limit = 100) {
  const items: Array<{ id: string; kind: string; status: string; waitingFor: { cause: string; since: string; next: string } }> = [];
  let cursor: string | null = null;
  do {
    const { status, body } = await as(admin(), 'get', `/v1/operations/stuck?limit=${limit}${cursor === null ? '' : `&cursor=${cursor}`}`);
    expect(status).toBe(200);
    items.push(...body.items);
    cursor = body.nextCursor;
  } while (cursor !== null);
  return items;
}
const stuckOne = async (id: string) => (await stuck()).find((item) => item.id === id);
const eventsOf = async (id: string) => {
  const { institutionId } = admin();
  return (await gateway.ports.database.audit.list({ institutionId, subjectId: id, limit: 10 })).items;
};
async function failed(code: string) {
  const submission = await recordSubmission(gateway);
  await gateway.ports.database.submissions.fail({ id: submission.id }, { code, detail: 'It could not go on.' });
  return submission.id;
}

describe('what stands still', () => {
  it('is for operators alone', async () => {
    const { teacher, student, stranger } = gateway.cast;
    for (const user of [teacher, student, stranger])
      for (const [method, url, body] of [
        ['get', '/v1/operations'],
        ['get', '/v1/operations/stuck'],
        ['post', '/v1/operations/retry', { ids: [uuidv7()] }],
      ] as const) {
        const answer = await as(user, method, url, body);
        expect([answer.status, answer.body.code]).toEqual([403, 'FORBIDDEN']);
      }
    const named = await startTestGateway({ settings: { operatorEmails: ['ops@example.org'] } });
    const ops: User = { ...named.cast.stranger, id: uuidv7(), email: 'ops@example.org', role: 'TEACHER' };
    await named.ports.database.users.insert(ops);
    const answer = await request(named.app)
      .get('/v1/operations/stuck')
      .set('Authorization', await named.as(ops));
    expect(answer.status).toBe(200);
    await named.close();
  });

  it('is listed with everything that has no row, was set apart, or failed by no fault of its own; each once over pages, longest first', async () => {
    const unreadable = await failed('PDF_UNREADABLE');
    const [row, spooled, apart] = [await recordSubmission(gateway), await spoolSubmission(gateway), await spoolSubmission(gateway)];
    const paper = await recordPaper(gateway);
    const gaveUp = await failed('GAVE_UP');
    await gateway.ports.spool.quarantine(apart.submissionId, 'Its manifest is <b>damaged</b>.');
    const unnamed = uuidv7();
    await mkdir(path.join(gateway.ports.spool.root, 'quarantine', unnamed));
    await writeFile(path.join(gateway.ports.spool.root, 'quarantine', unnamed, 'reason.txt'), 'No manifest.\n');
    await gateway.startWorkers(holdForever);
    const items = await stuck(2);
    const byId = new Map(items.map((item) => [item.id, item]));
    expect(byId.size).toBe(items.length);
    expect(items.map(({ waitingFor }) => waitingFor.since)).toEqual(items.map(({ waitingFor }) => waitingFor.since).toSorted());
    expect(byId.has(unreadable)).toBe(false);
    const told = (id: string) => [byId.get(id)?.kind, byId.get(id)?.status, byId.get(id)?.waitingFor.cause];
    expect(told(row.id)).toEqual(['submission', 'PROCESSING', 'NOT_QUEUED']);
    expect(told(spooled.submissionId)).toEqual(['submission', 'ACCEPTED', 'NOT_QUEUED']);
    expect(told(paper.id)).toEqual(['question-paper', 'PROCESSING', 'NOT_QUEUED']);
    expect(told(gaveUp)).toEqual(['submission', 'FAILED', 'GAVE_UP']);
    expect(told(apart.submissionId)).toEqual(['submission', 'QUARANTINED', 'QUARANTINED']);
    expect(told(unnamed)).toEqual(['upload', 'QUARANTINED', 'QUARANTINED']);
    expect(byId.get(spooled.submissionId)).toMatchObject({ institution: { name: 'The first' }, assessment: { title: 'An exam' } });
    expect(byId.get(unnamed)).toMatchObject({ institution: null, assessment: null });
  });

  it('says of what a worker is at that it is so', async () => {
    await gateway.startWorkers(holdForever);
    for (const queue of gateway.ports.boardQueues.queues) await queue.drain();
    const { id } = await recordSubmission(gateway);
    expect(await stuckOne(id)).toMatchObject({ waitingFor: { cause: 'NOT_QUEUED' } });
    await gateway.ports.producer.enqueueSubmission({ submissionId: id, run: 1 });
    await waitFor(async () => (await stuckOne(id))?.waitingFor.cause === 'WORKING');
  });

  it('refuses what is no cursor of it', async () => {
    expect((await as(admin(), 'get', '/v1/operations/stuck?cursor=abc')).status).toBe(400);
  });
});

describe('trying again', () => {
  it('queues what the queue has lost, with its event on the record', async () => {
    const { id } = await recordSubmission(gateway);
    const spooled = await spoolSubmission(gateway);
    expect(await retry(id, spooled.submissionId)).toMatchObject([
      { id, outcome: 'RETRIED' },
      { id: spooled.submissionId, outcome: 'RETRIED' },
    ]);
    expect(
      await gateway.ports.producer.gradingStates([id, spooled.submissionId].map((submissionId) => ({ submissionId, run: 1 }))),
    ).toEqual(['pending', 'pending']);
    expect(await eventsOf(id)).toMatchObject([{ action: 'operations.retried', actor: { id: admin().id }, data: { operator: admin().id } }]);
    expect(await retry(id.toUpperCase())).toMatchObject([{ id: id.toUpperCase(), outcome: 'MOVING' }]);
  });

  it('heals a flow of which a step is gone', async () => {
    const { id } = await recordSubmission(gateway);
    await gateway.ports.producer.enqueueSubmission({ submissionId: id, run: 1 });
    const job = `${gateway.queueAt.prefix}:persist-file:persist-file_${id}_1`;
    await gateway.ports.cacheRedis.del(job);
    expect(await retry(id)).toMatchObject([{ outcome: 'RETRIED' }]);
    expect(await gateway.ports.cacheRedis.exists(job)).toBe(1);
    expect(await retry(id)).toMatchObject([{ outcome: 'MOVING' }]);
  });

  it('starts the next run of what failed, once', async () => {
    const id = await failed('GAVE_UP');
    const [first, second] = await Promise.all([retry(id), retry(id)]);
    expect([first[0].outcome, second[0].outcome]).toContain('RETRIED');
    expect(await gateway.ports.database.submissions.find(id)).toMatchObject({ status: 'PROCESSING', run: 2 });
    expect(await gateway.ports.producer.gradingStates([{ submissionId: id, run: 2 }])).toEqual(['pending']);
  });

  it('starts the next run of a question paper that failed, once, while its file is kept, and says so when it is not', async () => {
    const { questionPapers, stages } = gateway.ports.database;
    const [kept, gone] = [await recordPaper(gateway), await recordPaper(gateway)];
    for (const { id } of [kept, gone]) {
      await stages.fail(id, 'extract', new Date(), 'It was given up.', 3);
      await questionPapers.fail({ id }, { code: 'GAVE_UP', detail: 'It was given up.' });
      expect(await stuckOne(id)).toMatchObject({ waitingFor: { cause: 'GAVE_UP', action: { path: '/v1/operations/retry' } } });
    }
    await gateway.ports.spool.remove(gone.id);
    const [first, second] = await Promise.all([retry(kept.id), retry(kept.id)]);
    expect([first[0].outcome, second[0].outcome]).toContain('RETRIED');
    expect(await questionPapers.find(kept.id)).toMatchObject({ status: 'PROCESSING', run: 2, reasonCode: null, reasonDetail: null });
    expect((await stages.list(kept.id)).stages.find(({ name }) => name === 'extract')).toMatchObject({ status: 'WAITING', reason: null });
    expect(await gateway.ports.producer.questionPaperStates([{ paperId: kept.id, run: 2 }])).toEqual(['pending']);
    expect(await eventsOf(kept.id)).toContainEqual(expect.objectContaining({ action: 'operations.retried' }));
    expect(await retry(gone.id)).toMatchObject([{ outcome: 'NOT_POSSIBLE', detail: expect.stringContaining('upload the paper again') }]);
    expect(await questionPapers.find(gone.id)).toMatchObject({ status: 'FAILED', run: 1 });
  });

  it('gives a quarantined upload back, and says of one that nobody can read that it cannot', async () => {
    const apart = await spoolSubmission(gateway);
    const unnamed = uuidv7();
    await gateway.ports.spool.quarantine(apart.submissionId, 'Once.');
    await mkdir(path.join(gateway.ports.spool.root, 'quarantine', unnamed));
    expect(await retry(apart.submissionId, unnamed)).toMatchObject([{ outcome: 'RETRIED' }, { outcome: 'NOT_POSSIBLE' }]);
    expect(await gateway.spooled('ready')).toContain(apart.submissionId);
    expect(await stuckOne(apart.submissionId)).toMatchObject({ status: 'ACCEPTED' });
  });

  it('builds a report again that failed, and answers for what there is not', async () => {
    const { teacher, assessment } = gateway.cast;
    const owner = { institutionId: teacher.institutionId, assessmentId: assessment.id, createdBy: teacher.id, studentId: null };
    const report = await gateway.ports.database.reports.insert({ id: uuidv7(), ...owner, kind: 'marksheet', format: 'pdf' });
    await gateway.ports.database.reports.setStatus(report.id, 'FAILED', { reason: 'The storage was away.' });
    expect(await stuckOne(report.id)).toMatchObject({
      kind: 'report',
      waitingFor: { next: expect.stringContaining('The storage was away.') },
    });
    const nothing = uuidv7();
    expect(await retry(report.id, nothing)).toMatchObject([{ outcome: 'RETRIED' }, { outcome: 'NOT_FOUND' }]);
    expect(await gateway.ports.database.reports.find(report.id)).toMatchObject({ status: 'QUEUED', reason: null });
    expect((await as(admin(), 'post', '/v1/operations/retry', { ids: [] })).status).toBe(400);
  });

  it('keeps the operator’s name from the record of another institution', async () => {
    const { stranger } = gateway.cast;
    const id = uuidv7();
    const { teacher } = gateway.cast;
    const spooled = await recordSubmission(gateway);
    await gateway.ports.database.assessments.insert(
      {
        ...{ id, institutionId: stranger.institutionId, createdBy: stranger.id, courseId: null, title: 'Theirs', languages: ['eng'] },
        ...{ anonymous: false, release: 'IMMEDIATE', reviewBelow: 0.8, sampleShare: 0, regradeUntil: null },
      },
      null,
    );
    const theirs = await gateway.ports.database.submissions.record({
      ...spooled,
      ...{ id: uuidv7(), assessmentId: id, institutionId: stranger.institutionId, createdBy: teacher.id },
    });
    expect(await retry(theirs.id)).toMatchObject([{ outcome: 'RETRIED' }]);
    const { items } = await gateway.ports.database.audit.list({ institutionId: stranger.institutionId, subjectId: theirs.id, limit: 5 });
    expect(items).toMatchObject([{ action: 'operations.retried', actor: null }]);
  });
});

describe('queues, workers and spool at a glance', () => {
  it('says who works on what, what waits, and what the spool holds', async () => {
    const fleet = await gateway.startWorkers(holdForever);
    const { body, status } = await as(admin(), 'get', '/v1/operations');
    expect(status).toBe(200);
    const worker = body.workers.find(({ instanceId }: { instanceId: string }) => instanceId === fleet.instanceId);
    expect(worker).toMatchObject({ alive: true, queues: expect.arrayContaining(['persist-file', 'read-page']) });
    const queue = body.queues.find(({ name }: { name: string }) => name === 'persist-file');
    expect(queue).toMatchObject({ paused: false, workers: 1, counts: { active: expect.any(Number), prioritized: expect.any(Number) } });
    expect(body.spool).toMatchObject({ entries: expect.any(Number), quarantined: expect.any(Number) });
    expect(body.spool.bytes).toBeGreaterThan(0);
    expect(body.dependencies.postgres).toEqual({ status: 'ok' });
  });

  it('is counted by cause for Prometheus', async () => {
    await spoolSubmission(gateway);
    const { text } = await request(gateway.app).get('/metrics');
    expect(text).toMatch(/gradeflow_standing_still_items\{[^}]*cause="(NO_WORKER|NOT_QUEUED)"[^}]*\} [1-9]/);
    expect(text).toMatch(/gradeflow_standing_still_oldest_seconds\{[^}]*cause="QUARANTINED"[^}]*\} \d/);
    expect(text).toMatch(/gradeflow_spool_entries(\{[^}]*\})? [1-9]/);
    expect(text).toMatch(/gradeflow_spool_bytes(\{[^}]*\})? [1-9]/);
    expect(text).toMatch(/gradeflow_spool_quarantined_entries(\{[^}]*\})? [1-9]/);
  });
});

describe('/admin/stuck', () => {
  const page = (url: string) => request(gateway.app).get(url).set('Accept', 'text/html');
  const signIn = async (user: User) => {
    const form = request(gateway.app).post('/admin/login').type('form').set('Host', 'a.org').set('Origin', 'http://a.org');
    const answer = await form.send({ email: user.email, password });
    return String(answer.headers['set-cookie']).split(';')[0] ?? '';
  };
  const post = (cookie: string, origin: string | null, ids: string | string[]) => {
    const call = request(gateway.app).post('/admin/stuck/retry').type('form').set('Host', 'a.org').set('Cookie', cookie);
    return (origin === null ? call : call.set('Origin', origin)).send({ ids });
  };

  it('sends a browser to the form and is shut for everybody but operators', async () => {
    for (const url of ['/admin', '/admin/stuck'])
      expect([(await page(url)).status, (await page(url)).headers.location]).toEqual([303, '/admin/login']);
    for (const user of [gateway.cast.teacher, gateway.cast.student, gateway.cast.stranger]) {
      expect((await as(user, 'get', '/admin/stuck')).status).toBe(403);
      expect((await as(user, 'post', '/admin/stuck/retry', {})).status).toBe(403);
    }
    expect((await request(gateway.app).post('/admin/stuck/retry')).status).toBe(401);
  });

  it('shows each with its cause, runs no script and escapes what people wrote', async () => {
    const cookie = await signIn(admin());
    const apart = await spoolSubmission(gateway);
    await gateway.ports.spool.quarantine(apart.submissionId, '<script>alert(1)</script>"\'');
    await gateway.ports.database.institutions.update(admin().institutionId, { name: '<img src=x onerror=alert(1)>' }, admin().id);
    const { status, text, headers } = await page('/admin/stuck?limit=100').set('Cookie', cookie);
    expect(status).toBe(200);
    expect(headers['content-security-policy']).toMatch(/default-src 'none';.*form-action 'self'/);
    expect(text).toContain(apart.submissionId);
    expect(text).toContain('&lt;script&gt;alert(1)&lt;/script&gt;');
    expect(text).toContain('&lt;img src=x');
    expect(text).not.toMatch(/<script|<img/);
    expect((await page('/admin').set('Cookie', cookie)).text).toContain('href="/admin/stuck"');
    const first = await page('/admin/stuck?limit=1').set('Cookie', cookie);
    const next = /href="(\/admin\/stuck\?cursor=[^"]+)"/.exec(first.text)?.[1] ?? '';
    expect((await page(next).set('Cookie', cookie)).status).toBe(200);
  });

  it('tries again what is marked, from our own pages alone', async () => {
    const cookie = await signIn(admin());
    const [one, two] = [await failed('GAVE_UP'), await failed('GAVE_UP')];
    for (const origin of [null, 'http://evil.org']) expect((await post(cookie, origin, [one, two])).status).toBe(403);
    expect(await gateway.ports.database.submissions.find(one)).toMatchObject({ status: 'FAILED' });
    const single = await post(cookie, 'http://a.org', one);
    expect([single.status, single.text.includes('Its next run was queued.')]).toEqual([200, true]);
    expect((await post(cookie, 'http://a.org', [one, two])).text).toContain(two);
    expect(await gateway.ports.database.submissions.find(two)).toMatchObject({ status: 'PROCESSING', run: 2 });
    expect((await post(cookie, 'http://a.org', [])).status).toBe(200);
  });
});
