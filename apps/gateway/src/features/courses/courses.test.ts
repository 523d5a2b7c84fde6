import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import request from 'supertest';
import { uuidv7 } from 'uuidv7';
import { makeAssessment, startTestGateway, type TestGateway } from '../../testing/start-test-gateway.ts';

let gateway: TestGateway;
let teacher: string;
beforeAll(async () => {
  gateway = await startTestGateway();
  teacher = await gateway.as(gateway.cast.teacher);
});
afterAll(() => gateway.close());

const api = () => request(gateway.app);
const newEmail = () => `${uuidv7()}@example.org`;
const create = async (name = 'Physics') =>
  (await api().post('/v1/courses').set('Authorization', teacher).send({ name })).body as { id: string };
const idsOf = async (as: string) =>
  (await api().get('/v1/courses?limit=100').set('Authorization', as)).body.items.map(({ id }: { id: string }) => id) as string[];

describe('courses', () => {
  it('are made, taught by who made them, renamed and deleted', async () => {
    const made = await api().post('/v1/courses').set('Authorization', teacher).send({ name: ' Physics ' });
    const { id, name } = gateway.cast.teacher;
    expect([made.status, made.headers.location]).toEqual([201, `/v1/courses/${made.body.id}`]);
    expect(made.body).toMatchObject({ name: 'Physics', teachers: [{ id, name }], students: 0 });
    const location = made.headers.location ?? '';
    const renamed = await api().patch(location).set('Authorization', teacher).send({ name: 'Physics II' });
    expect([renamed.body.name, (await api().get(location).set('Authorization', teacher)).body.name]).toEqual(['Physics II', 'Physics II']);
    expect((await api().delete(location).set('Authorization', teacher)).status).toBe(204);
    expect((await api().get(location).set('Authorization', teacher)).body.code).toBe('COURSE_NOT_FOUND');
  });

  it('are listed for those whose they are', async () => {
    const { admin, colleague, student, stranger, courseId } = gateway.cast;
    const { id } = await create();
    expect(await idsOf(teacher)).toEqual(expect.arrayContaining([id, courseId]));
    expect(await idsOf(await gateway.as(admin))).toEqual(expect.arrayContaining([id, courseId]));
    expect(await idsOf(await gateway.as(colleague))).not.toContain(courseId);
    expect(await idsOf(await gateway.as(student))).toEqual([courseId]);
    expect(await idsOf(await gateway.as(stranger))).toEqual([]);
  });

  it('with an assessment stay; a deleted one does not keep them', async () => {
    const { id: courseId } = await create();
    const assessment = await makeAssessment(gateway.ports.database, gateway.cast.teacher, { courseId });
    const remove = () => api().delete(`/v1/courses/${courseId}`).set('Authorization', teacher);
    expect((await remove()).body.code).toBe('COURSE_IN_USE');
    expect((await api().delete(`/v1/assessments/${assessment.id}`).set('Authorization', teacher)).status).toBe(204);
    expect((await remove()).status).toBe(204);
  });

  it('get the teachers that are named, of this institution alone', async () => {
    const { admin, colleague, student, stranger } = gateway.cast;
    const { id } = await create();
    const put = (userIds: string[]) => api().put(`/v1/courses/${id}/teachers`).set('Authorization', teacher).send({ userIds });
    const refused = await put([colleague.id, student.id, stranger.id]);
    expect([refused.status, refused.body.errors.map(({ path }: { path: string }) => path)]).toEqual([422, ['/userIds/1', '/userIds/2']]);
    const changed = await put([colleague.id, admin.id]);
    expect(changed.body.teachers.map((one: { id: string }) => one.id).toSorted()).toEqual([admin.id, colleague.id].toSorted());
    expect((await api().get(`/v1/courses/${id}`).set('Authorization', teacher)).status).toBe(403);
    expect(
      (
        await api()
          .get(`/v1/courses/${id}`)
          .set('Authorization', await gateway.as(colleague))
      ).status,
    ).toBe(200);
  });
});

describe('a roster', () => {
  const send = (id: string, csv: string) =>
    api().post(`/v1/courses/${id}/roster`).set({ Authorization: teacher, 'Content-Type': 'text/csv' }).send(csv);
  const entries = async (id: string, query = '') =>
    (await api().get(`/v1/courses/${id}/roster?${query}`).set('Authorization', teacher)).body.items as Array<Record<string, string>>;

  it('enrols all lines; who is new is an invited student with a mail on the way', async () => {
    const { id } = await create();
    const { student } = gateway.cast;
    const [ada, bob] = [newEmail(), newEmail()];
    const csv = `email,name,rollNumber\n${ada.toUpperCase()},"Lovelace, Ada",A-1\n${bob},Bob,\n\n${student.email},Somebody,7\n`;
    const answer = await send(id, csv);
    expect([answer.status, answer.body]).toEqual([201, { enrolled: 3, invited: 2 }]);
    expect(await entries(id)).toEqual([
      { userId: expect.any(String), name: 'Bob', email: bob, rollNumber: null, state: 'INVITED' },
      { userId: expect.any(String), name: 'Lovelace, Ada', email: ada, rollNumber: 'A-1', state: 'INVITED' },
      { userId: student.id, name: student.name, email: student.email, rollNumber: '7', state: 'ACTIVE' },
    ]);
    await gateway.services.background.drained();
    const queue = gateway.ports.boardQueues.queues.find(({ name }) => name === 'mail-secret');
    const invited = [...(await entries(id, `q=${bob.slice(0, 30)}`)), ...(await entries(id, 'q=lovelace,'))].map(({ userId }) => userId);
    expect(invited).toHaveLength(2);
    const mailed = ((await queue?.getJobs()) ?? []).map(({ data }) => data.userId);
    expect(mailed).toEqual(expect.arrayContaining(invited));
    expect(mailed).not.toContain(student.id);
    expect((await send(id, csv)).body).toEqual({ enrolled: 0, invited: 0 });
  });

  it('is taken whole or not at all, and every wrong line is named', async () => {
    const { id } = await create();
    const { colleague, stranger } = gateway.cast;
    const good = newEmail();
    const wrong = await send(id, `email,name\n${good},Good\nno address,Bad\n${newEmail()},\n${good},Twice\n`);
    expect([wrong.status, wrong.body.code]).toEqual([422, 'ROSTER_REFUSED']);
    expect(wrong.body.errors.map(({ path }: { path: string }) => path).toSorted()).toEqual(['/rows/3', '/rows/4', '/rows/5']);
    const taken = await send(id, `name;email\nGood;${good}\nColleague;${colleague.email}\nStranger;${stranger.email}\n`);
    expect(taken.body.errors.map(({ path }: { path: string }) => path)).toEqual(['/rows/3', '/rows/4']);
    expect(await entries(id)).toEqual([]);
    expect(await gateway.ports.database.users.findByEmail(good)).toBeNull();
  });

  it('comes as a form too, with columns in any order; what is no roster is refused', async () => {
    const { id } = await create();
    const form = (content: string) =>
      api().post(`/v1/courses/${id}/roster`).set('Authorization', teacher).attach('file', Buffer.from(content), 'roster.csv');
    expect((await form(`\uFEFFName,rollnumber,EMAIL\r\nGrace,1,${newEmail()}\r\n`)).body).toEqual({ enrolled: 1, invited: 1 });
    expect((await form('a,b\n1,2\n')).body.errors[0].path).toBe('/rows/1');
    expect((await form('email,name\n')).status).toBe(422);
    expect((await form(`email,name\n"${newEmail()},x\n`)).body.code).toBe('MALFORMED_CSV');
    const json = await api().post(`/v1/courses/${id}/roster`).set('Authorization', teacher).send({ rows: [] });
    expect(json.status).toBe(415);
  });

  it('that is sent twice at once makes each account once', async () => {
    const { id } = await create();
    const csv = `email,name\n${Array.from({ length: 30 }, (_, i) => `${newEmail()},Student ${i}`).join('\n')}\n`;
    const answers = await Promise.all([send(id, csv), send(id, csv), send(id, csv)]);
    expect(answers.map(({ status }) => status)).toEqual([201, 201, 201]);
    expect(answers.reduce((sum, { body }) => sum + body.invited, 0)).toBe(30);
    const first = await api().get(`/v1/courses/${id}/roster?limit=20`).set('Authorization', teacher);
    const second = await api().get(`/v1/courses/${id}/roster?limit=20&cursor=${first.body.nextCursor}`).set('Authorization', teacher);
    expect([first.body.items.length, second.body.items.length, second.body.nextCursor]).toEqual([20, 10, null]);
  });

  it('gives a replay under its key, and 422 for another table under the same', async () => {
    const { id } = await create();
    const key = uuidv7();
    const csv = `email,name\n${newEmail()},Ada\n`;
    const [first, again] = [await send(id, csv).set('Idempotency-Key', key), await send(id, csv).set('Idempotency-Key', key)];
    expect([first.body, again.body, again.headers['idempotency-replayed']]).toEqual([{ enrolled: 1, invited: 1 }, first.body, 'true']);
    expect((await send(id, `email,name\n${newEmail()},Bob\n`).set('Idempotency-Key', key)).body.code).toBe('IDEMPOTENCY_KEY_REUSED');
  });

  it('loses who is taken out', async () => {
    const { id } = await create();
    const { student } = gateway.cast;
    await send(id, `email,name\n${student.email},x\n`);
    const remove = () => api().delete(`/v1/courses/${id}/roster/${student.id}`).set('Authorization', teacher);
    expect([(await remove()).status, (await remove()).body.code, await entries(id)]).toEqual([204, 'STUDENT_NOT_FOUND', []]);
  });
});
