import type { User } from '@gradeflow/database';
import { waitFor } from '@gradeflow/testing';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import request from 'supertest';
import { uuidv7 } from 'uuidv7';
import { startTestGateway, type TestGateway } from '../../testing/start-test-gateway.ts';

let gateway: TestGateway;
beforeAll(async () => {
  gateway = await startTestGateway();
});
afterAll(() => gateway.close());

const ask = async (who: User, userIds: string) =>
  request(gateway.app)
    .get(`/v1/presence?userIds=${userIds}`)
    .set('Authorization', await gateway.as(who));
const seenBy = async (who: User, people: User[]): Promise<User[]> => {
  const { items } = (await ask(who, people.map(({ id }) => id).join(','))).body;
  return people.filter(({ id }) => items.some(({ userId }: { userId: string }) => userId === id));
};

describe('presence', () => {
  it('follows from any request with a token, and from none without', async () => {
    const { admin, student, otherStudent } = gateway.cast;
    const ids = `${student.id},${otherStudent.id}`;
    const before = await ask(admin, ids);
    expect(before.body).toEqual({ items: [student, otherStudent].map(({ id }) => ({ userId: id, online: false, lastSeenAt: null })) });
    const authorization = await gateway.as(student);
    expect((await request(gateway.app).get('/v1/notifications').set('Authorization', `${authorization}x`)).status).toBe(401);
    expect((await ask(admin, ids)).body).toEqual(before.body);
    const began = Date.now();
    await request(gateway.app).get('/v1/notifications').set('Authorization', authorization);
    const items = await waitFor(async () => {
      const answer = await ask(admin, ids);
      return answer.body.items[0].online && answer.body.items;
    });
    expect(items).toMatchObject([
      { userId: student.id, online: true },
      { userId: otherStudent.id, online: false, lastSeenAt: null },
    ]);
    expect(Math.abs(Date.parse(items[0].lastSeenAt) - began)).toBeLessThan(5_000);
  });

  it('is told of those whom one may see', async () => {
    const { admin, teacher, colleague, student, otherStudent, stranger, assessment } = gateway.cast;
    const all = [admin, teacher, colleague, student, otherStudent, stranger];
    const names = async (who: User) => (await seenBy(who, all)).map(({ name }) => name);
    expect(await names(admin)).toEqual(['admin', 'teacher', 'colleague', 'student', 'other']);
    expect(await names(teacher)).toEqual(['teacher', 'student']);
    expect(await names(student)).toEqual(['student']);
    expect(await names(stranger)).toEqual(['stranger']);

    const call = async (who: User, path: string, body: object) =>
      request(gateway.app)
        .post(`/v1/rooms${path}`)
        .set('Authorization', await gateway.as(who))
        .send(body);
    const { pin } = (await call(teacher, '', { assessmentId: assessment.id, minutes: 5 })).body;
    for (const who of [student, otherStudent]) await call(who, `/${pin}/join`, { displayName: who.name });
    expect(await names(teacher)).toEqual(['teacher', 'student', 'other']);
    expect(await names(student)).toEqual(['student', 'other']);
    await call(teacher, `/${pin}/close`, {});
    expect(await names(student)).toEqual(['student']);
  });

  it('takes up to 100 ids', async () => {
    const { teacher } = gateway.cast;
    const ids = (count: number) => Array.from({ length: count }, () => uuidv7()).join(',');
    expect((await ask(teacher, `${ids(99)},${teacher.id}`)).body.items).toHaveLength(1);
    expect((await ask(teacher, '')).body).toEqual({ items: [] });
    for (const wrong of [ids(101), 'x']) expect((await ask(teacher, wrong)).body.code).toBe('VALIDATION_FAILED');
  });
});
