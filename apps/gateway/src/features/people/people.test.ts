import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import request from 'supertest';
import { uuidv7 } from 'uuidv7';
import { password, startTestGateway, type TestGateway } from '../../testing/start-test-gateway.ts';

let gateway: TestGateway;
let admin: string;
beforeAll(async () => {
  gateway = await startTestGateway();
  admin = await gateway.as(gateway.cast.admin);
});
afterAll(() => gateway.close());

const api = () => request(gateway.app);
const newEmail = () => `${uuidv7()}@example.org`;
const create = (body: object, headers: object = {}) =>
  api()
    .post('/v1/users')
    .set({ Authorization: admin, ...headers })
    .send(body);
const accept = (link: string) =>
  api()
    .post('/v1/auth/accept-invite')
    .send({ token: new URL(link).searchParams.get('token'), password: 'a good password' });
const login = (email: string, secret = password) => api().post('/v1/auth/login').send({ email, password: secret });
const list = async (query: string) =>
  (await api().get(`/v1/users?${query}`).set('Authorization', admin)).body.items as Array<{ id: string }>;

describe('people', () => {
  it('are invited by a link and by mail, and let themselves in', async () => {
    const email = newEmail();
    const { status, body } = await create({ email: email.toUpperCase(), name: ' Grace ', role: 'TEACHER' });
    expect([status, body]).toEqual([201, { id: body.id, email, name: 'Grace', role: 'TEACHER', inviteLink: body.inviteLink }]);
    await gateway.services.background.drained();
    const queue = gateway.ports.boardQueues.queues.find(({ name }) => name === 'mail-secret');
    const mails = ((await queue?.getJobs()) ?? []).filter(({ data }) => data.userId === body.id);
    expect(mails.map(({ data }) => data.kind)).toEqual(['invite']);
    expect(JSON.stringify(mails.map(({ data }) => data))).not.toContain(new URL(body.inviteLink).searchParams.get('token'));
    const accepted = await accept(body.inviteLink);
    expect([accepted.status, accepted.body.user.id]).toEqual([200, body.id]);
    expect((await login(email, 'a good password')).status).toBe(200);
  });

  it('have one account an address, in all institutions', async () => {
    const { email } = gateway.cast.stranger;
    const answer = await create({ email, name: 'Eve', role: 'STUDENT' });
    expect([answer.status, answer.body.code]).toEqual([409, 'EMAIL_TAKEN']);
    const wrong = await create({ email: 'x', name: '', role: 'KING' });
    expect(wrong.body.errors.map(({ path }: { path: string }) => path)).toEqual(['/email', '/name', '/role']);
  });

  it('a replay names the same person and leaves the link out', async () => {
    const [key, body] = [uuidv7(), { email: newEmail(), name: 'Ada', role: 'STUDENT' }];
    const [first, again] = [await create(body, { 'Idempotency-Key': key }), await create(body, { 'Idempotency-Key': key })];
    expect([again.status, again.body.id, again.body.inviteLink]).toEqual([201, first.body.id, undefined]);
    expect(first.body.inviteLink).toContain('/app/accept-invite?token=');
  });

  it('are found by a part of name or address, by role and by state, page by page', async () => {
    const { id, email } = (await create({ email: newEmail(), name: '100%_Sure', role: 'STUDENT' })).body;
    expect((await list('q=100%25_s')).map((person) => person.id)).toEqual([id]);
    expect((await list(`q=${email.slice(0, 20)}&state=INVITED&role=STUDENT`)).map((person) => person.id)).toContain(id);
    expect(await list('q=100%25_s&state=ACTIVE')).toEqual([]);
    const first = await api().get('/v1/users?limit=1').set('Authorization', admin);
    const second = await api().get(`/v1/users?limit=1&cursor=${first.body.nextCursor}`).set('Authorization', admin);
    expect(second.body.items[0].id).not.toBe(first.body.items[0].id);
    expect((await list('limit=100')).map((person) => person.id)).not.toContain(gateway.cast.stranger.id);
  });

  it('are invited again until they have a password', async () => {
    const { id, inviteLink } = (await create({ email: newEmail(), name: 'Late', role: 'TEACHER' })).body;
    const invite = () => api().post(`/v1/users/${id}/invite`).set('Authorization', admin);
    const again = await invite();
    expect([again.status, again.body.inviteLink === inviteLink]).toEqual([201, false]);
    expect((await accept(again.body.inviteLink)).status).toBe(200);
    expect((await accept(inviteLink)).status).toBe(400);
    expect((await invite()).body.code).toBe('ALREADY_ACTIVE');
  });

  it('another role ends the sessions, and the next one has it', async () => {
    const { otherStudent } = gateway.cast;
    const before = (await login(otherStudent.email)).body;
    const change = (body: object) => api().patch(`/v1/users/${otherStudent.id}`).set('Authorization', admin).send(body);
    expect((await change({ name: 'Renamed' })).body).toMatchObject({ name: 'Renamed', role: 'STUDENT' });
    const ask = (token: string) => api().get('/v1/auth/sessions').set('Authorization', `Bearer ${token}`);
    expect((await ask(before.accessToken)).status).toBe(200);
    expect((await change({ role: 'TEACHER' })).body.role).toBe('TEACHER');
    expect((await ask(before.accessToken)).status).toBe(401);
    expect((await login(otherStudent.email)).body.user.role).toBe('TEACHER');
  });

  it('who is removed can do nothing any more, and the address is free', async () => {
    const { colleague } = gateway.cast;
    const { accessToken, refreshToken } = (await login(colleague.email)).body;
    const bearer = { Authorization: `Bearer ${accessToken}` };
    const { key } = (await api().post('/v1/api-keys').set(bearer).send({ name: 'Key' })).body;
    expect((await api().delete(`/v1/users/${colleague.id}`).set('Authorization', admin)).status).toBe(204);
    expect((await api().get('/v1/auth/sessions').set(bearer)).status).toBe(401);
    expect((await api().get('/v1/auth/sessions').set('Authorization', `Bearer ${key}`)).status).toBe(401);
    expect((await api().post('/v1/auth/refresh').send({ refreshToken })).status).toBe(401);
    expect((await login(colleague.email)).status).toBe(401);
    expect((await api().delete(`/v1/users/${colleague.id}`).set('Authorization', admin)).status).toBe(404);
    expect((await create({ email: colleague.email, name: 'Next', role: 'TEACHER' })).status).toBe(201);
  });

  it('an institution keeps an admin, also when two step down at once', async () => {
    const stranger = await gateway.as(gateway.cast.stranger);
    const { id } = gateway.cast.stranger;
    const alone = await api().patch(`/v1/users/${id}`).set('Authorization', stranger).send({ role: 'TEACHER' });
    expect([alone.status, alone.body.code]).toEqual([409, 'LAST_ADMIN']);
    expect((await api().delete(`/v1/users/${id}`).set('Authorization', stranger)).body.code).toBe('LAST_ADMIN');
    const second = (await api().post('/v1/users').set('Authorization', stranger).send({ email: newEmail(), name: 'B', role: 'ADMIN' }))
      .body;
    await accept(second.inviteLink);
    const stepDown = (who: string) => api().patch(`/v1/users/${who}`).set('Authorization', stranger).send({ role: 'TEACHER' });
    const answers = await Promise.all([stepDown(id), stepDown(second.id)]);
    expect(answers.map(({ status }) => status).toSorted()).toEqual([200, 409]);
  });
});
