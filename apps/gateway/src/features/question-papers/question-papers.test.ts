import { newQuestionPaperOf } from '@gradeflow/database';
import { storageKeys } from '@gradeflow/storage';
import { waitFor } from '@gradeflow/testing';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import request from 'supertest';
import { proposalOf, readPaper, recordPaper } from '../../testing/record-paper.ts';
import { recordSubmission } from '../../testing/record-submission.ts';
import { pdfOf, pictureOf } from '../../testing/sample-files.ts';
import { makeAssessment, startTestGateway, type TestGateway } from '../../testing/start-test-gateway.ts';

let gateway: TestGateway;
let teacher: string;

beforeAll(async () => {
  gateway = await startTestGateway();
  teacher = await gateway.as(gateway.cast.teacher);
});
afterAll(() => gateway.close());

const upload = (bytes: Buffer, fields: Record<string, string> = {}, authorization = teacher, assessmentId = gateway.cast.assessment.id) => {
  const call = request(gateway.app).post(`/v1/assessments/${assessmentId}/question-paper`).set('Authorization', authorization);
  for (const [name, value] of Object.entries(fields)) call.field(name, value);
  return call.attach('file', bytes, { filename: 'Klausur.pdf' });
};
const get = (path: string) => request(gateway.app).get(path).set('Authorization', teacher);
const confirm = (id: string, proposals: unknown) =>
  request(gateway.app).post(`/v1/question-papers/${id}/confirm`).set('Authorization', teacher).send({ proposals });
const stateOf = async (paperId: string) => (await gateway.ports.producer.questionPaperStates([{ paperId, run: 1 }]))[0];
const ownAssessment = () => makeAssessment(gateway.ports.database, gateway.cast.teacher, {});

async function readyPaper(numbers = ['1', '2']) {
  const { id: assessmentId } = await ownAssessment();
  const paper = await recordPaper(gateway, { assessmentId });
  await readPaper(
    gateway,
    paper,
    numbers.map((number) => proposalOf(number)),
  );
  return { id: paper.id, assessmentId };
}

describe('a question paper that is uploaded', () => {
  it('is in the spool as one when it is answered, in its queue soon after, and no submission', async () => {
    const answer = await upload(await pdfOf(2), { label: 'Autumn' });
    const { id } = answer.body;
    expect([answer.status, answer.body]).toEqual([202, { id, statusUrl: `/v1/question-papers/${id}` }]);
    expect(answer.headers.location).toBe(`/v1/question-papers/${id}`);
    expect(await gateway.ports.spool.getManifest(id)).toMatchObject({
      purpose: 'question-paper',
      label: 'Autumn',
      pagesTotal: 2,
      studentId: null,
    });
    await waitFor(async () => (await stateOf(id)) === 'pending');
    const view = await get(answer.body.statusUrl);
    expect(view.body).toMatchObject({
      ...{ id, assessmentId: gateway.cast.assessment.id, status: 'PROCESSING', label: 'Autumn', originalName: 'Klausur.pdf', reason: null },
      ...{ progress: { percent: 5, pagesDone: 0, pagesTotal: 2 }, proposals: [], total: { stated: null, sum: null }, rubricVersion: null },
    });
    expect((await get(`/v1/submissions/${id}`)).status).toBe(404);
    expect((await request(gateway.app).delete(`/v1/submissions/${id}`).set('Authorization', teacher)).status).toBe(404);
  });

  it('is refused like a submission, and names no student', async () => {
    const before = await gateway.spooled('ready');
    const { student, colleague, colleaguesAssessment, stranger } = gateway.cast;
    const pdf = await pdfOf(1);
    const refusal = async (call: ReturnType<typeof upload>) => {
      const { status, body } = await call;
      return [status, body.code];
    };
    expect(await refusal(upload(Buffer.from('just words')))).toEqual([415, 'UNSUPPORTED_FILE_TYPE']);
    expect(await refusal(upload(await pdfOf(6)))).toEqual([422, 'TOO_MANY_PAGES']);
    expect(await refusal(upload(pdf, { studentId: student.id }))).toEqual([400, 'VALIDATION_FAILED']);
    expect(await refusal(upload(pdf, {}, await gateway.as(student)))).toEqual([403, 'FORBIDDEN']);
    expect(await refusal(upload(pdf, {}, await gateway.as(colleague)))).toEqual([403, 'FORBIDDEN']);
    expect(await refusal(upload(pdf, {}, teacher, colleaguesAssessment.id))).toEqual([403, 'FORBIDDEN']);
    expect(await refusal(upload(pdf, {}, await gateway.as(stranger)))).toEqual([404, 'ASSESSMENT_NOT_FOUND']);
    expect([await gateway.spooled('ready'), await gateway.spooled('tmp')]).toEqual([before, []]);
  });

  it('is one paper under one Idempotency-Key, also when it has been read and left the spool', async () => {
    const bytes = await pdfOf(1);
    const send = (label: string) => upload(bytes, { label }).set('Idempotency-Key', 'paper-1');
    const first = await send('a');
    const again = await send('a');
    expect([again.body, again.headers['idempotency-replayed']]).toEqual([first.body, 'true']);
    expect((await send('b')).body.code).toBe('IDEMPOTENCY_KEY_REUSED');
    const { database, spool } = gateway.ports;
    await database.questionPapers.record(newQuestionPaperOf(await spool.getManifest(first.body.id)));
    await spool.remove(first.body.id);
    expect((await send('a')).body).toEqual(first.body);
    expect(await spool.findManifest(first.body.id)).toBeNull();
    const submission = request(gateway.app).post(`/v1/assessments/${gateway.cast.assessment.id}/submissions`).set('Authorization', teacher);
    const other = await submission.set('Idempotency-Key', 'paper-1').attach('file', bytes, 'a.pdf');
    expect([other.status, other.headers['idempotency-replayed']]).toEqual([202, undefined]);
  });

  it('says why it stands still or failed', async () => {
    const paper = await recordPaper(gateway);
    const { questionPapers, stages } = gateway.ports.database;
    const view = async () => (await get(`/v1/question-papers/${paper.id}`)).body;
    const at = new Date();
    await stages.start(paper.id, 'extract', at, 1);
    expect((await view()).waitingFor).toBeNull();
    await stages.fail(paper.id, 'extract', at, 'The storage was away.', 1);
    expect((await view()).waitingFor).toMatchObject({ cause: 'RETRYING', next: expect.stringContaining('The storage was away.') });
    await questionPapers.fail({ id: paper.id }, { code: 'PAPER_UNREADABLE', detail: 'No page could be read.' });
    expect(await view()).toMatchObject({
      status: 'FAILED',
      reason: { code: 'PAPER_UNREADABLE', detail: 'No page could be read.' },
      waitingFor: { cause: 'PAPER_UNREADABLE', action: { method: 'POST', path: `/v1/assessments/${paper.assessmentId}/question-paper` } },
    });
  });
});

describe('a question paper that was read', () => {
  it('shows what is proposed, its pages and their pictures, from the spool and from the storage', async () => {
    const paper = await recordPaper(gateway);
    const { spool, storage } = gateway.ports;
    const picture = await pictureOf('webp', 600, 800);
    const stored = { number: 1, width: 600, height: 800, text: 'early', confidence: 1, engine: 'text-layer', rotation: 0, words: [] };
    await spool.writePage(paper.id, { ...stored, lines: [], doubts: [], contentHash: null, failure: null }, picture);
    const page = `/v1/question-papers/${paper.id}/pages/1`;
    expect((await get(page)).body).toMatchObject({ number: 1, text: 'early' });
    expect((await get(`${page}/image`)).body).toEqual(picture);
    await storage.putBytes(storageKeys.paperPicture(paper.id, 1), picture);
    const proposals = [proposalOf('1', { section: 'A' }), proposalOf('2(a)', { maxScore: null, choiceGroup: 'c1' })];
    await readPaper(gateway, paper, proposals);
    await spool.remove(paper.id);
    expect((await get(`/v1/question-papers/${paper.id}`)).body).toMatchObject({
      ...{ status: 'READY', progress: { percent: 100, pagesDone: 2, pagesTotal: 2 }, proposals, total: { stated: 10, sum: 3 } },
      waitingFor: { cause: 'CONFIRMATION', action: { method: 'POST', path: `/v1/question-papers/${paper.id}/confirm` } },
    });
    expect((await get(page)).body).toMatchObject({ text: 'Explain', words: [{ text: 'Explain', box: [10, 20, 60, 12] }] });
    const small = await get(`${page}/image?w=240`);
    expect([small.headers['content-type'], small.body.length < picture.length]).toEqual(['image/webp', true]);
    expect((await get(`/v1/question-papers/${paper.id}/pages/2`)).body.code).toBe('PAGE_NOT_FOUND');
  });

  it('becomes the questions of the assessment when it is confirmed, edited, once', async () => {
    const { id, assessmentId } = await readyPaper();
    const list = [
      { number: '1', prompt: 'Say why.', maxScore: 4, page: 1, box: [1, 2, 3, 4], confidence: 0.2 },
      { number: '3', prompt: 'Added by hand.', maxScore: 2 },
    ];
    const answer = await confirm(id, list);
    expect([answer.status, answer.body.status, answer.body.rubricVersion]).toEqual([200, 'CONFIRMED', 1]);
    const saved = await get(`/v1/assessments/${assessmentId}/questions`);
    expect(saved.body).toEqual({ questions: answer.body.questions, rubricVersion: 1 });
    expect(saved.body.questions).toMatchObject([
      { number: '1', prompt: 'Say why.', maxScore: 4, rubric: null },
      { number: '3', maxScore: 2 },
    ]);
    // What was read stays beside what was decided.
    expect(answer.body.proposals.map(({ number }: { number: string }) => number)).toEqual(['1', '2']);
    const again = await confirm(id, list);
    expect([again.status, again.body]).toEqual([200, answer.body]);
    const other = await confirm(id, list.slice(0, 1));
    expect([other.status, other.body.code]).toEqual([409, 'ALREADY_CONFIRMED']);
    expect((await get(`/v1/assessments/${assessmentId}/questions`)).body.rubricVersion).toBe(1);
  });

  it('is confirmed once by many at the same time, and loses nothing that is saved meanwhile', async () => {
    const { id, assessmentId } = await readyPaper(['1']);
    const key = { criteria: [{ id: 'c1', description: 'x', points: 3, match: { type: 'manual' } }] };
    const put = request(gateway.app)
      .put(`/v1/assessments/${assessmentId}/questions`)
      .set('Authorization', teacher)
      .send({ questions: [{ number: '1', maxScore: 3, prompt: 'by hand', rubric: key }] });
    const answers = await Promise.all([put, ...Array.from({ length: 8 }, () => confirm(id, [proposalOf('1')]))]);
    expect(answers.map(({ status }) => status)).toEqual(Array(9).fill(200));
    const versions = new Set(answers.slice(1).map(({ body }) => body.rubricVersion));
    expect(versions.size).toBe(1);
    const saved = await gateway.ports.database.assessments.findQuestions(assessmentId);
    expect([saved?.rubricVersion, saved?.questions[0]?.rubric?.criteria[0]?.id]).toEqual([2, 'c1']);
  });

  it('is refused when it is not ready, and when the list is no list of questions', async () => {
    const processing = await recordPaper(gateway);
    const early = await confirm(processing.id, [proposalOf('1')]);
    expect([early.status, early.body.code]).toEqual([409, 'NOT_READY']);
    const { id, assessmentId } = await readyPaper();
    const wrong = await confirm(id, [proposalOf('1'), proposalOf('1', { maxScore: null }), proposalOf('', { maxScore: -1 })]);
    expect([wrong.status, wrong.body.code]).toEqual([400, 'VALIDATION_FAILED']);
    const places = wrong.body.errors.map(({ path }: { path: string }) => path);
    expect(places).toEqual(expect.arrayContaining(['/proposals/1/maxScore', '/proposals/2/number', '/proposals/2/maxScore']));
    const twice = await confirm(id, [proposalOf('1'), proposalOf('1')]);
    expect(twice.body.errors).toEqual([{ path: '/proposals/1/number', message: 'two questions have the number "1"' }]);
    expect((await confirm(id, [])).status).toBe(400);
    expect((await gateway.ports.database.assessments.find(assessmentId))?.rubricVersion).toBe(0);
  });

  it('wakes the sheets that waited for questions', async () => {
    const { id, assessmentId } = await readyPaper();
    const submission = await recordSubmission(gateway, { assessmentId });
    const { submissions, gradings } = gateway.ports.database;
    const fence = (await submissions.takeFence(submission.id)) ?? 0;
    const waiting = { status: 'NEEDS_REVIEW' as const, waitingCause: 'NO_QUESTIONS', grading: null };
    await gradings.saveMachineGrading({ submissionId: submission.id, run: 1, fence, pages: [], ...waiting });
    await confirm(id, [proposalOf('1')]);
    await waitFor(async () => (await gateway.ports.producer.gradingStates([{ submissionId: submission.id, run: 2 }]))[0] === 'pending');
  });
});
