import { neutralName } from '@gradeflow/contracts';
import type { User } from '@gradeflow/database';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import request from 'supertest';
import { uuidv7 } from 'uuidv7';
import { decideOne, makeQuestionSheets, type QuestionSheets } from '../../testing/question-sheets.ts';
import { gradeSubmission, machineResult } from '../../testing/record-submission.ts';
import { startTestGateway, type TestGateway } from '../../testing/start-test-gateway.ts';

let gateway: TestGateway;
let sheets: QuestionSheets;
beforeAll(async () => {
  gateway = await startTestGateway();
});
afterAll(() => gateway.close());
beforeEach(async () => {
  sheets = await makeQuestionSheets(gateway);
});

const activity = async (who: User, query = '') =>
  request(gateway.app)
    .get(`/v1/activity${query}`)
    .set('Authorization', await gateway.as(who));
interface Item {
  id: string;
  action: string;
  actor: { id: string; name: string } | null;
  subject: { type: string; id: string; label: string | null };
}
const about = async (id: string, who = gateway.cast.admin): Promise<Item[]> =>
  (await activity(who, '?limit=100')).body.items.filter((item: Item) => item.subject.id === id);

describe('the record of marks', () => {
  it('has exactly one event for each change of a mark, on every way to one', async () => {
    const { database } = gateway.ports;
    const { teacher, admin } = gateway.cast;
    const { id, gradingId } = await sheets.sheet({}, 'Ann');
    const actions: Array<[string, string | null, number | null, number]> = [['grading.made', null, null, 2]];
    const check = async (...event: [string, string | null, number | null, number]) => {
      actions.unshift(event);
      const { items } = await database.audit.list({ institutionId: teacher.institutionId, subjectId: id, limit: 100 });
      expect(items.map(({ action, actor, data }) => [action, actor?.id ?? null, data.from, data.to])).toEqual(actions);
      expect((await database.gradings.list(id)).length).toBe(actions.length);
    };
    await decideOne(gateway, id, sheets.question.id, { criteria: [{ criterionId: 'b', decision: 'MET' }] }, teacher);
    await check('decision.made', teacher.id, 2, 3);
    const revert = `/v1/submissions/${id}/questions/${sheets.question.id}/decision/revert`;
    await request(gateway.app)
      .post(revert)
      .set('Authorization', await gateway.as(admin))
      .send({ to: gradingId });
    await check('decision.reverted', admin.id, 3, 2);
    const { body } = await sheets.spread([id], { criteria: [{ criterionId: 'a', decision: 'NOT_MET' }] });
    await check('decision.spread', teacher.id, 2, 0);
    await sheets.spread([id], { criteria: [{ criterionId: 'a', decision: 'NOT_MET' }] });
    await sheets.call('post', `/decisions/${body.undoId}/undo`);
    await check('decision.undone', teacher.id, 0, 2);
    await sheets.call('post', `/decisions/${body.undoId}/undo`);
    const next = await database.submissions.nextRun(id, { fromFailed: false, stages: ['grade'] });
    const results = [machineResult({ questionId: sheets.question.id, score: 1 })];
    if (next) await gradeSubmission(gateway, next, results);
    await check('grading.made', null, 2, 1);
    // The step that ends twice writes once.
    if (next) await gradeSubmission(gateway, next, results);
    // Releasing changes no mark, but who sees it.
    for (const _ of [1, 2]) expect((await sheets.call('post', '/release', {})).status).toBe(200);
    expect((await about(sheets.assessmentId)).map(({ action }) => action)).toEqual(['assessment.released', 'questions.saved']);
    expect((await about(id)).map(({ action, subject }) => [action, subject.label])).toEqual(actions.map(([action]) => [action, 'Ann']));
  });

  it('is not written when the change is not', async () => {
    const { id, gradingId } = await sheets.sheet();
    const stale = { basedOn: uuidv7() };
    expect((await decideOne(gateway, id, sheets.question.id, stale, gateway.cast.teacher)).status).toBe(409);
    expect((await sheets.spread([id], { basedOn: { [id]: uuidv7() } })).body.items[0].ok).toBe(false);
    const grading = { id: gradingId, grader: 'offline' as const, rubricVersion: 1, score: 2, maxScore: 3, questions: [], unassigned: [] };
    const late = { submissionId: id, run: 1, fence: 0, pages: [], status: 'GRADED' as const, waitingCause: null, grading };
    await expect(gateway.ports.database.gradings.saveMachineGrading(late)).rejects.toMatchObject({ code: 'FENCED' });
    expect((await about(id)).map(({ action }) => action)).toEqual(['grading.made']);
  });
});

describe('GET /v1/activity', () => {
  it('shows admins their institution, teachers what they manage, students and strangers nothing of it', async () => {
    const { id } = await sheets.sheet({}, 'Ann');
    const { admin, teacher, colleague, student, stranger } = gateway.cast;
    for (const who of [admin, teacher]) {
      const [made] = await about(id, who);
      expect(made).toMatchObject({ action: 'grading.made', actor: null, subject: { type: 'submission', id, label: 'Ann' } });
      expect(await about(sheets.assessmentId, who)).toMatchObject([
        { action: 'questions.saved', actor: { id: teacher.id, name: 'teacher' }, subject: { type: 'assessment', label: 'An exam' } },
      ]);
    }
    for (const who of [colleague, stranger]) expect((await activity(who)).body).toEqual({ items: [], nextCursor: null });
    expect((await activity(student)).status).toBe(403);
    const event = { institutionId: teacher.institutionId, action: 'user.changed', subjectType: 'user', subjectId: student.id };
    await gateway.ports.database.audit.insert({ ...event, id: uuidv7(), actorId: colleague.id, assessmentId: null, data: {} });
    expect((await activity(colleague)).body.items).toMatchObject([{ action: 'user.changed', subject: { type: 'user', label: 'student' } }]);
    expect(await about(student.id, teacher)).toEqual([]);
  });

  it('comes in pages that neither repeat nor miss what stays', async () => {
    for (let n = 0; n < 5; n++) await sheets.sheet();
    const all = (await activity(gateway.cast.teacher, '?limit=100')).body.items.map(({ id }: Item) => id);
    const walked: string[] = [];
    let cursor = '';
    do {
      const { body } = await activity(gateway.cast.teacher, `?limit=2${cursor}`);
      walked.push(...body.items.map(({ id }: Item) => id));
      cursor = body.nextCursor === null ? '' : `&cursor=${body.nextCursor}`;
      if (walked.length === 2) await sheets.sheet();
    } while (cursor !== '');
    expect(walked).toEqual(all);
    expect((await activity(gateway.cast.teacher, '?cursor=abc')).status).toBe(400);
  });

  it('tells no student’s name under anonymous marking', async () => {
    const { database } = gateway.ports;
    const { teacher, student } = gateway.cast;
    const labelled = await sheets.sheet({}, 'Ann');
    const named = await sheets.sheet();
    await database.submissions.update(named.id, { studentId: student.id });
    const event = {
      institutionId: teacher.institutionId,
      assessmentId: sheets.assessmentId,
      subjectType: 'submission',
      subjectId: named.id,
    };
    await database.audit.insert({ ...event, id: uuidv7(), actorId: student.id, action: 'regrade.asked', data: {} });
    expect((await about(named.id)).map(({ actor, subject }) => [actor?.id, subject.label])).toEqual([
      [student.id, 'student'],
      [undefined, 'student'],
    ]);
    await database.assessments.update(sheets.assessmentId, { anonymous: true });
    for (const id of [labelled.id, named.id])
      for (const { actor, subject } of await about(id)) expect([actor, subject.label]).toEqual([null, neutralName(id)]);
    await database.releases.release(sheets.assessmentId, teacher.id);
    expect((await about(labelled.id)).map(({ subject }) => subject.label)).toEqual(['Ann']);
  });
});

describe('waiting for news of the record', () => {
  const etagOf = (answer: request.Response) => answer.get('ETag') ?? '';
  const wait = async (who: User, etag: string, prefer: string) =>
    request(gateway.app)
      .get('/v1/activity')
      .set('Authorization', await gateway.as(who))
      .set('If-None-Match', etag)
      .set('Prefer', prefer);

  it('answers as soon as something is put on record that this person may see', async () => {
    const { teacher, colleague, admin } = gateway.cast;
    const { id } = await sheets.sheet({}, 'Ann');
    const known = await activity(teacher);
    expect(known.get('Cache-Control')).toBe('private, no-cache');
    const hidden = wait(colleague, etagOf(await activity(colleague)), 'wait=2');
    const waiting = wait(teacher, etagOf(known), 'respond-async, wait=600');
    // What it wakes for first is nothing that the teacher may see.
    const foreign = { institutionId: admin.institutionId, action: 'user.changed', subjectType: 'user', subjectId: admin.id };
    await gateway.ports.database.audit.insert({ ...foreign, id: uuidv7(), actorId: admin.id, assessmentId: null, data: {} });
    await decideOne(gateway, id, sheets.question.id, { criteria: [{ criterionId: 'b', decision: 'MET' }] }, teacher);
    const news = await waiting;
    expect(news.status).toBe(200);
    expect(news.get('Preference-Applied')).toBe('wait=25');
    expect(news.body.items[0]).toMatchObject({ action: 'decision.made', subject: { id, label: 'Ann' } });
    expect(etagOf(news)).not.toBe(etagOf(known));
    // The colleague may see none of it, and is told so when the time is over.
    expect((await hidden).status).toBe(304);
  });

  it('answers at once whoever has something old, and whoever does not wait', async () => {
    const { admin } = gateway.cast;
    const etag = etagOf(await activity(admin));
    expect((await wait(admin, '"old"', 'wait=25')).status).toBe(200);
    for (const prefer of ['', 'wait=0', 'wait=soon', 'return=minimal']) {
      const answer = await wait(admin, etag, prefer);
      expect([answer.status, answer.text, answer.get('Preference-Applied')]).toEqual([304, '', undefined]);
    }
  });
});

describe('people and courses', () => {
  const call = async (method: 'post' | 'patch' | 'put' | 'delete', path: string, body?: object | string, who = gateway.cast.admin) => {
    const asked = request(gateway.app)
      [method](path)
      .set('Authorization', await gateway.as(who));
    const answer = await (typeof body === 'string' ? asked.set('Content-Type', 'text/csv').send(body) : asked.send(body));
    expect(answer.status).toBeLessThan(300);
    return answer.body;
  };
  const record = async (subjectId: string) => {
    const { institutionId } = gateway.cast.admin;
    const { items } = await gateway.ports.database.audit.list({ institutionId, subjectId, limit: 100 });
    return items.map(({ action, actor, data }) => [action, actor?.id, data]).reverse();
  };

  it('have one event for each change of a person, with roles and without names', async () => {
    const { admin } = gateway.cast;
    const { id } = await call('post', '/v1/users', { email: `${uuidv7()}@example.org`, name: 'Nora', role: 'TEACHER' });
    await call('post', `/v1/users/${id}/invite`);
    await call('patch', `/v1/users/${id}`, { name: 'Nora', role: 'TEACHER' });
    await call('patch', `/v1/users/${id}`, { name: 'Nora N.', role: 'STUDENT' });
    await call('delete', `/v1/users/${id}`);
    expect(await record(id)).toEqual([
      ['user.invited', admin.id, { role: 'TEACHER' }],
      ['user.invited_again', admin.id, {}],
      ['user.changed', admin.id, { fields: ['name', 'role'], from: 'TEACHER', to: 'STUDENT' }],
      ['user.removed', admin.id, {}],
    ]);
  });

  it('have one event for each change of a course; its teacher sees their own', async () => {
    const { teacher, colleague } = gateway.cast;
    const course = await call('post', '/v1/courses', { name: 'Optics' }, teacher);
    const path = `/v1/courses/${course.id}`;
    await call('patch', path, { name: 'Waves' }, teacher);
    const csv = `email,name\n${uuidv7()}@example.org,Ann\n${uuidv7()}@example.org,Ben\n`;
    for (const _ of [1, 2]) await call('post', `${path}/roster`, csv, teacher);
    const [student] = (await gateway.ports.database.rosters.list(course.id, { limit: 1 })).items;
    await call('delete', `${path}/roster/${student?.userId}`, undefined, teacher);
    expect((await about(course.id, teacher)).map(({ action, subject }) => [action, subject.label])[0]).toEqual([
      'course.student_removed',
      'Waves',
    ]);
    await call('put', `${path}/teachers`, { userIds: [colleague.id] }, teacher);
    await call('delete', path, undefined, colleague);
    expect(await record(course.id)).toEqual([
      ['course.created', teacher.id, {}],
      ['course.renamed', teacher.id, {}],
      ['course.students_added', teacher.id, { enrolled: 2, invited: 2 }],
      ['course.student_removed', teacher.id, { userId: student?.userId }],
      ['course.teachers_set', teacher.id, { teachers: [colleague.id] }],
      ['course.removed', colleague.id, {}],
    ]);
  });
});
