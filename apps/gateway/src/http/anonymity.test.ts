import { neutralName, PageReading, Question } from '@gradeflow/contracts';
import type { Assessment, User } from '@gradeflow/database';
import { storageKeys } from '@gradeflow/storage';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import sharp from 'sharp';
import request from 'supertest';
import { uuidv7 } from 'uuidv7';
import { routes } from '../routes.ts';
import { gradeSubmission, machineResult, recordSubmission } from '../testing/record-submission.ts';
import { pdfOf } from '../testing/sample-files.ts';
import { makeAssessment, startTestGateway, type TestGateway } from '../testing/start-test-gateway.ts';
import type { Endpoint } from './define-endpoint.ts';

let gateway: TestGateway;
let pupil: User;
let assessment: Assessment;
let ids: Record<string, string>;
const question = Question.parse({ id: uuidv7(), number: '1', maxScore: 3 });

/** Everything by which somebody knows whose sheet it is. */
const telling = /wilhelmina|quastenflosser|quasti|77123|desk-by-the-window/i;
const texts = ['Name:', 'Wilhelmina', 'Quastenflosser', 'Roll', 'no:', 'ROLL-77123', '1.', 'an', 'answer'];
const page = PageReading.parse({
  ...{
    number: 1,
    width: 1000,
    height: 200,
    text: `${texts.slice(0, 6).join(' ')}\n1. an answer`,
    confidence: 0.9,
    engine: 'x',
    rotation: 0,
  },
  words: texts.map((text, index) => ({
    text,
    confidence: 0.9,
    box: [10 + 105 * (index % 6), index < 6 ? 10 : 100, 100, 20],
    line: index < 6 ? 0 : 1,
  })),
});

beforeAll(async () => {
  gateway = await startTestGateway();
  const { teacher, courseId } = gateway.cast;
  const { database, storage } = gateway.ports;
  const email = `quasti-${uuidv7()}@example.org`;
  pupil = { ...gateway.cast.student, id: uuidv7(), name: 'Wilhelmina Quastenflosser', email };
  await database.users.insert(pupil);
  await database.courses.enrol(courseId, pupil.id);
  assessment = await makeAssessment(database, teacher, { courseId, anonymous: true });
  await database.assessments.saveQuestions(assessment.id, [question], teacher.id);
  const files = [{ bytes: await pdfOf(1), mediaType: 'application/pdf' as const, name: 'Quastenflosser, Wilhelmina.pdf', pages: 1 }];
  const submission = await recordSubmission(gateway, { studentId: pupil.id, assessmentId: assessment.id, files });
  await database.submissions.update(submission.id, { label: 'desk-by-the-window' });
  const white = { create: { width: 1000, height: 200, channels: 3 as const, background: '#ffffff' } };
  await storage.putBytes(storageKeys.pagePicture(submission.id, 1), await sharp(white).webp().toBuffer());
  const signed = 'an answer by Wilhelmina Quastenflosser';
  const result = machineResult({
    ...{ questionId: question.id, answerText: signed, feedback: `You wrote: ${signed}`, needsReview: true, reviewReasons: ['OFF_TOPIC'] },
    criteria: [{ criterionId: 'c', decision: 'MET', points: 1, evidence: [{ page: 1, box: [0, 0, 1, 1], text: signed }] }],
  });
  const gradingId = await gradeSubmission(gateway, submission, [result], [page]);
  const message = 'I am Wilhelmina Quastenflosser and my answer is right.';
  const asked = { id: uuidv7(), submissionId: submission.id, questionId: question.id, studentId: pupil.id, message };
  await database.regradeRequests.insert(asked);
  const report = { id: uuidv7(), institutionId: teacher.institutionId, assessmentId: assessment.id, createdBy: teacher.id };
  await database.reports.insert({ ...report, kind: 'marksheet', format: 'pdf', studentId: null });
  ids = { assessments: assessment.id, submissions: submission.id, reports: report.id, 'regrade-requests': asked.id, grading: gradingId };
});
afterAll(() => gateway.close());

const call = async (who: User, method: Endpoint['method'], path: string, body?: object) => {
  const asked = request(gateway.app)
    [method](path)
    .set('Authorization', await gateway.as(who));
  return method === 'get' || method === 'head' ? asked.buffer(true) : asked.send(body ?? {});
};

/** About people and not about sheets, or what ends anonymous marking and the sheet. */
const notAboutSheets = [
  '/v1/auth',
  '/v1/users',
  '/v1/courses',
  '/v1/rooms',
  '/v1/presence',
  '/admin',
  '/docs',
  '/openapi.json',
  '/metrics',
];
const isLast = ({ method, path }: Endpoint) => method === 'delete' || /\/(release|unrelease)$/.test(path);
const startsGrading = ({ path }: Endpoint) => /\/(answer|regrade|evaluate|questions)$/.test(path);
const sheetRoutes = routes
  .filter(
    (endpoint) => endpoint.auth !== 'public' && !isLast(endpoint) && !notAboutSheets.some((prefix) => endpoint.path.startsWith(prefix)),
  )
  .toSorted((a, b) => Number(startsGrading(a)) - Number(startsGrading(b)));

/** Bodies with which a call gets as far as it can. What sends the sheet to be graded again comes last. */
function bodyFor({ path }: Endpoint): object {
  if (path.endsWith('/decision')) return { points: 1 };
  if (path.endsWith('/decisions')) return { submissionIds: [ids.submissions], points: 1 };
  if (path.endsWith('/decision/revert')) return { to: ids.grading };
  if (path.endsWith('/answer')) return { text: 'an answer by Wilhelmina Quastenflosser' };
  if (path === '/v1/regrade-requests/:id') return { status: 'ACCEPTED', reply: 'We will look.' };
  return path.endsWith('/reports') ? { kind: 'marksheet', format: 'pdf' } : {};
}

function pathFor({ path }: Endpoint): string {
  const noun = /^\/v1\/([a-z-]+)\/:id/.exec(path)?.[1] ?? '';
  const named = path
    .replace(':id', ids[noun] ?? uuidv7())
    .replace(':n', '1')
    .replace(/:(questionId|qid)\b/, question.id);
  const query = path === '/v1/submissions' ? '?mine=true' : '';
  return named.replace(/:\w+/g, uuidv7()) + query;
}

describe('while marking is anonymous', () => {
  /** Asks all of these and gives the answers of those that were not refused, by route. */
  const askAll = async (who: User, endpoints: readonly Endpoint[]) => {
    const answered = new Map<string, string>();
    for (const endpoint of endpoints) {
      const answer = await call(who, endpoint.method, pathFor(endpoint), bodyFor(endpoint));
      const body = Buffer.isBuffer(answer.body) ? answer.body.toString('latin1') : JSON.stringify(answer.body);
      const said = `${JSON.stringify(answer.headers)} ${answer.text ?? ''} ${body}`;
      const told = [endpoint.method, endpoint.path, telling.exec(said)?.[0], said.includes(pupil.id)];
      expect(told).toEqual([endpoint.method, endpoint.path, undefined, false]);
      if (answer.status < 300) answered.set(endpoint.path, body);
    }
    return answered;
  };
  const reading = sheetRoutes.filter(({ method }) => method === 'get' || method === 'head');

  it.each(['teacher', 'admin'] as const)('nothing that the %s reads tells whose sheet it is', async (role) => {
    const answered = await askAll(gateway.cast[role], reading);
    // The test would say nothing if these were refused or empty.
    for (const path of ['', '/gradings', '/file', '/pages/:n', '/pages/:n/image', '/questions/:questionId/answer'])
      expect([...answered.keys()]).toContain(`/v1/submissions/:id${path}`);
    const ofQuestion = ['answers', 'groups'].map((list) => `/v1/assessments/:id/questions/:qid/${list}`);
    const lists = ['/v1/assessments/:id/submissions', ...ofQuestion, '/v1/reviews', '/v1/regrade-requests', '/v1/activity'];
    for (const path of lists) expect(answered.get(path)).toContain(ids.submissions);
  });

  it('nothing that is answered to a change tells whose sheet it is', async () => {
    const writing = sheetRoutes.filter((endpoint) => !reading.includes(endpoint));
    const answered = await askAll(gateway.cast.teacher, writing);
    const changes = ['', '/questions/:questionId/decision', '/questions/:questionId/answer'];
    expect([...answered.keys()]).toEqual(expect.arrayContaining(['/v1/reviews/claim', '/v1/assessments/:id/reports']));
    expect(changes.filter((path) => !answered.has(`/v1/submissions/:id${path}`))).toEqual([]);
  });

  it('sheets are found by their neutral name alone, and not by student', async () => {
    const { teacher } = gateway.cast;
    const name = neutralName(ids.submissions ?? '');
    const list = async (query: string) => call(teacher, 'get', `/v1/assessments/${assessment.id}/submissions?${query}`);
    for (const q of ['Wilhelmina', 'window', 'quastenflosser', pupil.email]) expect((await list(`q=${q}`)).body.total).toBe(0);
    expect((await list(`q=${name.slice(6, 12)}&sort=label`)).body).toMatchObject({ total: 1, items: [{ label: name, student: null }] });
    const byStudent = await list(`studentId=${pupil.id}`);
    expect([byStudent.status, byStudent.body.code]).toEqual([409, 'ANONYMOUS_MARKING']);
    const report = await call(teacher, 'post', `/v1/assessments/${assessment.id}/reports`, {
      kind: 'marksheet',
      format: 'pdf',
      studentId: pupil.id,
    });
    expect([report.status, report.body.code]).toEqual([409, 'ANONYMOUS_MARKING']);
    expect((await call(teacher, 'post', `/v1/assessments/${assessment.id}/release?preview=true`)).text).not.toMatch(telling);
  });

  it('names are painted over on the pictures of pages, for others than the student', async () => {
    const picture = async (who: User) => {
      const answer = await call(who, 'get', `/v1/submissions/${ids.submissions}/pages/1/image`);
      const { data, info } = await sharp(answer.body).greyscale().raw().toBuffer({ resolveWithObject: true });
      const at = (x: number, y: number) => ((data[(y * info.width + x) * info.channels] ?? 0) > 128 ? 'white' : 'black');
      return [at(160, 20), at(265, 20), at(160, 110), answer.headers['cache-control']];
    };
    expect(await picture(gateway.cast.teacher)).toEqual(['black', 'black', 'white', 'private, no-cache']);
    expect(await picture(pupil)).toEqual(['white', 'white', 'white', 'private, max-age=31536000, immutable']);
  });

  it('what stands on the sheet beside the names stays readable', async () => {
    const { body } = await call(gateway.cast.teacher, 'get', `/v1/submissions/${ids.submissions}/pages/1`);
    expect(body.text).toMatch(/^Name: █+ █+ .*\n1\. an answer$/);
    const answers = (await call(gateway.cast.teacher, 'get', `/v1/assessments/${assessment.id}/questions/${question.id}/answers`)).body;
    expect(answers.items[0].answerText).toMatch(/^an answer by █{10} █{14}$/);
  });

  it('the student sees their own sheet by its names', async () => {
    const { body } = await call(pupil, 'get', `/v1/submissions/${ids.submissions}`);
    expect(body).toMatchObject({ label: 'desk-by-the-window', originalName: 'Quastenflosser, Wilhelmina.pdf', student: { id: pupil.id } });
  });

  it('audit events of students name nobody; lifting it is one itself, and so is a release', async () => {
    const { teacher } = gateway.cast;
    const { database } = gateway.ports;
    const events = async () =>
      (await database.audit.list({ institutionId: teacher.institutionId, assessmentIds: [assessment.id], limit: 100 })).items;
    const requested = async () => (await events()).find(({ action }) => action === 'regrade.requested')?.actor;
    expect(await requested()).toBeNull();
    const view = async () => (await call(teacher, 'get', `/v1/submissions/${ids.submissions}`)).body;
    await call(teacher, 'patch', `/v1/assessments/${assessment.id}`, { anonymous: false });
    expect([(await view()).student?.name, (await requested())?.name]).toEqual([pupil.name, pupil.name]);
    await call(teacher, 'patch', `/v1/assessments/${assessment.id}`, { anonymous: true });
    expect((await view()).student).toBeNull();
    await call(teacher, 'post', `/v1/assessments/${assessment.id}/release`);
    expect((await view()).student?.name).toBe(pupil.name);
    await call(teacher, 'post', `/v1/assessments/${assessment.id}/unrelease`);
    expect((await view()).student).toBeNull();
    const actions = (await events())
      .map(({ action }) => action)
      .filter((action) => action.startsWith('assessment.') && !action.endsWith('evaluated'));
    expect(actions.toReversed()).toEqual([
      ...['assessment.names_shown', 'assessment.names_hidden', 'assessment.released', 'assessment.unreleased'],
    ]);
  });
});
