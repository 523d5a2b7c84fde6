import type { Submission, User } from '@gradeflow/database';
import { waitFor } from '@gradeflow/testing';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import request from 'supertest';
import { uuidv7 } from 'uuidv7';
import { gradeSubmission, machineResult, recordSubmission, type SampleSubmission } from '../../testing/record-submission.ts';
import { makeAssessment, startTestGateway, type TestGateway } from '../../testing/start-test-gateway.ts';
import { createShareLinkService } from './share-links.service.ts';

let gateway: TestGateway;
beforeAll(async () => {
  gateway = await startTestGateway();
});
afterAll(() => gateway.close());

async function gradedSheet(sample: SampleSubmission = {}, changes: Parameters<typeof machineResult>[0] = {}): Promise<Submission> {
  const submission = await recordSubmission(gateway, { studentId: gateway.cast.student.id, ...sample });
  await gradeSubmission(gateway, submission, [machineResult({ feedback: 'Well argued.', ...changes })]);
  return submission;
}
const share = async (who: User, { id }: Submission, body: object = {}) =>
  request(gateway.app)
    .post(`/v1/submissions/${id}/share`)
    .set('Authorization', await gateway.as(who))
    .send(body);
const revoke = async (who: User, { id }: Submission, code: string) =>
  request(gateway.app)
    .delete(`/v1/submissions/${id}/share/${code}`)
    .set('Authorization', await gateway.as(who));
const open = (code: string, accept = 'application/json') => request(gateway.app).get(`/s/${code}`).set('Accept', accept);
const auditOf = ({ id }: Submission) =>
  gateway.ports.database.audit.list({ institutionId: gateway.cast.teacher.institutionId, subjectId: id, limit: 10 });

describe('a share link', () => {
  it('shows marks, answers and feedback without login, and neither name nor label nor what the machine doubted', async () => {
    const { teacher, student } = gateway.cast;
    const submission = await gradedSheet({}, { reviewReasons: ['INJECTION_SUSPECTED'], needsReview: true });
    await gateway.ports.database.submissions.update(submission.id, { label: 'Label of the sheet' });
    const made = await share(teacher, submission);
    expect(made.status).toBe(201);
    expect(made.body.code).toMatch(/^[0-9a-z]{12}$/);
    expect(made.body.url).toMatch(new RegExp(`^http://127\\.0\\.0\\.1:\\d+/s/${made.body.code}$`));
    expect(Date.parse(made.body.expiresAt) - Date.now()).toBeGreaterThan(167 * 3_600_000);
    const shown = await open(made.body.code);
    expect(shown.headers).toMatchObject({ 'cache-control': 'no-store', vary: 'Accept' });
    expect(shown.body).toMatchObject({
      ...{ title: 'An exam', score: 2, maxScore: 3, expiresAt: made.body.expiresAt },
      questions: [{ number: '1', score: 2, maxScore: 3, answerText: 'an answer', feedback: 'Well argued.' }],
    });
    const page = await open(made.body.code, 'text/html,*/*;q=0.8');
    for (const { text } of [shown, page]) {
      expect(text).toContain('Well argued.');
      for (const secret of [student.name, student.email, student.id, 'Label of the sheet', 'INJECTION', submission.id])
        expect(text).not.toContain(secret);
    }
    expect((await auditOf(submission)).items).toMatchObject([
      { action: 'submission.shared', actor: { id: teacher.id }, data: { expiresAt: expect.any(String) } },
      { action: 'grading.made' },
    ]);
    expect(JSON.stringify(await auditOf(submission))).not.toContain(made.body.code);
  });

  it('is a page on which nothing of a sheet can be markup, and nothing can run', async () => {
    const hostile = `<script>alert(1)</script><img src=x onerror="x">'&`;
    const submission = await gradedSheet({}, { answerText: hostile, feedback: hostile, number: '<b>1' });
    const { code } = (await share(gateway.cast.teacher, submission)).body;
    const page = await open(code, 'text/html');
    expect(page.type).toBe('text/html');
    expect(page.text).not.toMatch(/<(script|img|b)\b/);
    expect(page.text.split('&lt;script&gt;alert(1)&lt;/script&gt;&lt;img src=x onerror=&quot;x&quot;&gt;&#39;&amp;')).toHaveLength(3);
    const policy = page.headers['content-security-policy'];
    expect(policy).toMatch(/^default-src 'none'; style-src 'sha256-[\w+/=]{44}'; /);
    expect(policy).not.toContain('unsafe');
    expect(page.headers['x-robots-tag']).toContain('noindex');
  });

  it('ends when it is revoked, by whoever may see the sheet, and when its time is over', async () => {
    const { teacher, colleague, student, otherStudent } = gateway.cast;
    const submission = await gradedSheet();
    const other = await gradedSheet();
    const [first, second] = [(await share(teacher, submission)).body.code, (await share(student, submission)).body.code];
    expect((await revoke(teacher, other, first)).body.code).toBe('SHARE_LINK_NOT_FOUND');
    expect((await revoke(colleague, submission, first)).status).toBe(403);
    expect((await revoke(otherStudent, submission, first)).status).toBe(404);
    expect((await open(first)).status).toBe(200);
    expect((await revoke(teacher, submission, first)).status).toBe(204);
    expect((await open(first)).body.code).toBe('SHARE_LINK_NOT_FOUND');
    expect((await revoke(teacher, submission, first)).status).toBe(404);
    expect((await open(second)).status).toBe(200);
    const short = (await share(teacher, submission, { expiresInHours: 0.000_01 })).body;
    await waitFor(() => Date.now() > Date.parse(short.expiresAt) + 50);
    expect((await open(short.code)).status).toBe(404);
    await gateway.ports.database.submissions.markDeleted(submission.id);
    expect((await open(second)).status).toBe(404);
    expect((await auditOf(submission)).items.map(({ action }) => action)).toContain('submission.unshared');
  });

  it('shows nothing before there is a result that students may see', async () => {
    const { teacher, courseId } = gateway.cast;
    const { id: assessmentId } = await makeAssessment(gateway.ports.database, teacher, { courseId, release: 'MANUAL' });
    const submission = await recordSubmission(gateway, { assessmentId });
    const { code } = (await share(teacher, submission)).body;
    const early = await open(code);
    await gradeSubmission(gateway, submission);
    const withheld = await open(code);
    const unknown = await open('000000000000');
    for (const answer of [early, withheld, unknown])
      expect([answer.status, answer.body.code, answer.body.detail]).toEqual([404, 'SHARE_LINK_NOT_FOUND', unknown.body.detail]);
    await gateway.ports.database.assessments.update(assessmentId, { release: 'IMMEDIATE' });
    expect((await open(code)).status).toBe(200);
  });

  it.each([{ expiresInHours: 0 }, { expiresInHours: 8_761 }, { expiresInHours: '1' }, { forever: true }])(
    'is refused for %j',
    async (body) => {
      expect((await share(gateway.cast.teacher, await gradedSheet(), body)).body.code).toBe('VALIDATION_FAILED');
    },
  );

  it('is not there for what is no code', async () => {
    for (const code of ['x', '0123456789aB', '%00%00%00%00%00%00%00%00%00%00%00%00']) expect((await open(code)).status).toBe(404);
  });
});

describe('guessing', () => {
  it('ends with 429 for an address, of codes and for a person, of PINs', async () => {
    const rateBudgets = { ...gateway.settings.rateBudgets, share: { points: 3, seconds: 60 }, pin: { points: 3, seconds: 60 } };
    const limited = await startTestGateway({ settings: { rateBudgets }, trustProxy: 'loopback' });
    const guesser = `192.0.2.${process.pid % 256}`;
    const authorization = await limited.as(limited.cast.student);
    const guesses = {
      code: () => request(limited.app).get('/s/000000000000').set('X-Forwarded-For', guesser),
      pin: () => request(limited.app).post('/v1/rooms/000000/join').set('Authorization', authorization).send({ displayName: 'x' }),
    };
    for (const guess of Object.values(guesses)) {
      const statuses: number[] = [];
      for (let tries = 0; tries < 5; tries++) statuses.push((await guess()).status);
      expect(statuses).toEqual([404, 404, 404, 429, 429]);
    }
    await limited.close();
  });
});

describe('codes', () => {
  const shareInGateway = (makeCode?: () => string) => {
    const service = createShareLinkService({ database: gateway.ports.database, ...(makeCode && { makeCode }) });
    const { id: userId, institutionId, role } = gateway.cast.teacher;
    return (submission: Submission) => service.create({ userId, institutionId, role }, uuidv7(), submission, { expiresInHours: 1 });
  };

  it('are a thousand different ones when three gateways make a thousand links at once', async () => {
    const submission = await gradedSheet();
    const { inTurn } = gateway.services;
    const gateways = [1, 2, 3].map(() => shareInGateway());
    const make = (index: number) => inTurn(async () => gateways[index % 3]?.(submission));
    const made = await Promise.all(Array.from({ length: 1_000 }, (_, index) => make(index)));
    expect(new Set(made.map((link) => link?.code)).size).toBe(1_000);
    expect(await gateway.ports.database.shareLinks.countLive(submission.id)).toBe(1_000);
  });

  it('are different, and none is refused, when two hundred requests come at once', async () => {
    const submission = await gradedSheet();
    const made = await Promise.all(Array.from({ length: 200 }, () => share(gateway.cast.teacher, submission)));
    expect(made.filter(({ status }) => status !== 201)).toEqual([]);
    expect(new Set(made.map(({ body }) => body.code)).size).toBe(200);
  });

  it('are different when gateways think of the same ones', async () => {
    const submission = await gradedSheet();
    const codeOf = (character: string) => `00000000000${character}`;
    // Each of the first ten twice, as if both gateways had drawn it; whoever comes second draws one of the rest.
    const thoughtOf = [...'00112233445566778899', ...'abcdefghjk'].map(codeOf);
    const makeCode = () => thoughtOf.shift() as string;
    const [one, other] = [shareInGateway(makeCode), shareInGateway(makeCode)];
    const made = await Promise.all(Array.from({ length: 20 }, (_, index) => (index % 2 === 0 ? one : other)(submission)));
    expect(new Set(made.map(({ code }) => code)).size).toBe(20);
  });

  it('that are all taken end in an error that says so, and too many links in another', async () => {
    const submission = await gradedSheet();
    const stuck = shareInGateway(() => 'zzzzzzzzzzzz');
    await stuck(submission);
    await expect(stuck(submission)).rejects.toMatchObject({ code: 'NO_FREE_CODE' });
    const link = {
      id: uuidv7(),
      code: 'yyyyyyyyyyyy',
      submissionId: submission.id,
      createdBy: gateway.cast.teacher.id,
      expiresInMs: 60_000,
    };
    expect(await gateway.ports.database.shareLinks.insert({ ...link, maxLive: 1 })).toBeNull();
    const made = await gateway.ports.database.shareLinks.insert({ ...link, maxLive: 2 });
    expect(made).toMatchObject({ code: link.code });
    expect(await gateway.ports.database.shareLinks.insert({ ...link, code: 'xxxxxxxxxxxx', maxLive: 9 })).toEqual(made);
  });
});
