import type { User } from '@gradeflow/database';
import { waitFor } from '@gradeflow/testing';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import request from 'supertest';
import { uuidv7 } from 'uuidv7';
import { gradeSubmission, machineResult, recordSubmission } from '../../testing/record-submission.ts';
import { makeAssessment, startTestGateway, type TestGateway } from '../../testing/start-test-gateway.ts';
import { createRoomService } from './rooms.service.ts';

let gateway: TestGateway;
beforeAll(async () => {
  gateway = await startTestGateway();
});
afterAll(() => gateway.close());

const call = async (who: User, method: 'get' | 'post', path = '', body?: object) => {
  const asked = request(gateway.app)
    [method](`/v1/rooms${path}`)
    .set('Authorization', await gateway.as(who));
  return body === undefined ? asked : asked.send(body);
};
async function openRoom(assessmentId = gateway.cast.assessment.id): Promise<string> {
  return (await call(gateway.cast.teacher, 'post', '', { assessmentId, minutes: 30 })).body.pin;
}
const join = (who: User, pin: string, displayName = who.name) => call(who, 'post', `/${pin}/join`, { displayName });
const newAssessment = async (release: 'IMMEDIATE' | 'MANUAL' = 'IMMEDIATE') =>
  (await makeAssessment(gateway.ports.database, gateway.cast.teacher, { courseId: gateway.cast.courseId, release })).id;
async function graded(who: User, assessmentId: string, score: number): Promise<void> {
  const submission = await recordSubmission(gateway, { assessmentId, studentId: who.id });
  await gradeSubmission(gateway, submission, [machineResult({ score })]);
}

describe('a room', () => {
  it('is opened by who manages the assessment, entered by its institution, and seen by those and the manager', async () => {
    const { teacher, admin, colleague, student, otherStudent, stranger, assessment } = gateway.cast;
    const made = await call(teacher, 'post', '', { assessmentId: assessment.id, minutes: 480 });
    expect([made.status, made.body]).toEqual([201, { pin: expect.stringMatching(/^\d{6}$/), expiresAt: expect.any(String) }]);
    expect(Date.parse(made.body.expiresAt) - Date.now()).toBeGreaterThan(479 * 60_000);
    const { pin } = made.body;
    for (const [who, status] of [
      [colleague, 403],
      [stranger, 404],
      [student, 403],
    ] as const)
      expect((await call(who, 'post', '', { assessmentId: assessment.id, minutes: 1 })).status).toBe(status);

    expect((await call(student, 'get', `/${pin}`)).body.code).toBe('ROOM_NOT_FOUND');
    const entered = await join(student, pin, '  Sam 🦉 ');
    expect([entered.status, entered.body]).toEqual([
      200,
      {
        ...made.body,
        assessmentId: assessment.id,
        participants: [{ userId: student.id, displayName: 'Sam 🦉', online: expect.any(Boolean), percent: 0 }],
      },
    ]);
    expect((await join(stranger, pin)).body.code).toBe('ROOM_NOT_FOUND');
    for (const path of [`/${pin}`, `/${pin}/leaderboard`]) {
      const statuses = [];
      for (const who of [student, teacher, admin, colleague, otherStudent, stranger]) statuses.push((await call(who, 'get', path)).status);
      expect(statuses).toEqual([200, 200, 200, 403, 404, 404]);
    }
    await join(otherStudent, pin);
    expect((await call(student, 'get', `/${pin}`)).body.participants.map(({ userId }: { userId: string }) => userId)).toEqual([
      student.id,
      otherStudent.id,
    ]);
  });

  it('is not there once closed, for what is no PIN, and closing is the manager’s', async () => {
    const { teacher, colleague, student, stranger } = gateway.cast;
    const pin = await openRoom();
    await join(student, pin);
    expect((await call(student, 'post', `/${pin}/close`)).status).toBe(403);
    expect((await call(colleague, 'post', `/${pin}/close`)).status).toBe(403);
    expect((await call(stranger, 'post', `/${pin}/close`)).status).toBe(404);
    expect((await call(teacher, 'post', `/${pin}/close`)).status).toBe(204);
    const after = [await call(student, 'get', `/${pin}`), await join(student, pin), await call(student, 'get', `/${pin}/leaderboard`)];
    expect(after.map(({ body }) => body.code)).toEqual(['ROOM_NOT_FOUND', 'ROOM_NOT_FOUND', 'ROOM_NOT_FOUND']);
    expect((await call(teacher, 'post', `/${pin}/close`)).status).toBe(404);
    for (const wrong of ['12345', '1234567', 'abcdef', '%00']) expect((await join(student, wrong)).status).toBe(404);
  });

  it('is closed once by a call that is repeated under its key, whoever has its PIN by then', async () => {
    const { teacher, assessment } = gateway.cast;
    const { rooms, audit } = gateway.ports.database;
    const pin = await openRoom();
    const key = uuidv7();
    const close = async (named = key) =>
      request(gateway.app)
        .post(`/v1/rooms/${pin}/close`)
        .set('Authorization', await gateway.as(teacher))
        .set('Idempotency-Key', named);
    const answers = [await close(), await close()];
    expect(answers.map(({ status, headers }) => [status, headers['idempotency-replayed']])).toEqual([
      [204, undefined],
      [204, 'true'],
    ]);
    expect((await close(uuidv7())).status).toBe(404);
    const next = { id: uuidv7(), pin, assessmentId: assessment.id, institutionId: teacher.institutionId, createdBy: teacher.id };
    await rooms.insert({ ...next, minutes: 5, maxOpen: 500 });
    expect((await close()).status).toBe(204);
    expect((await rooms.findOpen(pin, teacher.id))?.id).toBe(next.id);
    const { items } = await audit.list({ institutionId: teacher.institutionId, assessmentIds: [assessment.id], limit: 100 });
    expect(items.filter(({ action }) => action === 'room.closed')).toHaveLength(2);
  });

  it('takes names of 40 characters that can be shown, and one to 480 minutes', async () => {
    const { teacher, student, assessment } = gateway.cast;
    const pin = await openRoom();
    for (const name of ['', '   ', 'x'.repeat(41), 'a\u0000b', 'a\nb', '\u202eabc', '\ud800', 7])
      expect((await call(student, 'post', `/${pin}/join`, { displayName: name })).body.errors).toMatchObject([{ path: '/displayName' }]);
    expect((await join(student, pin, 'x'.repeat(40))).status).toBe(200);
    for (const minutes of [0, 481, 1.5, '5'])
      expect((await call(teacher, 'post', '', { assessmentId: assessment.id, minutes })).body.code).toBe('VALIDATION_FAILED');
    expect((await call(teacher, 'post', '', { assessmentId: uuidv7(), minutes: 5 })).body.code).toBe('ASSESSMENT_NOT_FOUND');
  });

  it('tells how far the reading of each one’s newest sheet is', async () => {
    const { teacher, student, otherStudent } = gateway.cast;
    const assessmentId = await newAssessment();
    const pin = await openRoom(assessmentId);
    await join(otherStudent, pin);
    await graded(student, assessmentId, 3);
    const newest = await recordSubmission(gateway, { assessmentId, studentId: student.id });
    await gateway.ports.database.stages.setPages(newest.id, { total: 2, done: 1 });
    await join(student, pin);
    const percents = async () =>
      (await call(teacher, 'get', `/${pin}`)).body.participants.map(({ percent }: { percent: number }) => percent);
    expect(await percents()).toEqual([0, 47]);
    await gradeSubmission(gateway, newest, [machineResult()]);
    await waitFor(async () => (await percents())[1] === 100);
  });

  it('is listed for who made it and who joined it', async () => {
    const { admin, student } = gateway.cast;
    const { pin } = (await call(admin, 'post', '', { assessmentId: gateway.cast.colleaguesAssessment.id, minutes: 5 })).body;
    await join(student, pin);
    for (const who of [admin, student]) {
      const { items } = (await call(who, 'get', '?limit=1')).body;
      expect(items).toMatchObject([{ pin, participants: 1, joined: who === student, assessmentId: gateway.cast.colleaguesAssessment.id }]);
    }
    expect((await call(gateway.cast.stranger, 'get')).body).toEqual({ items: [], nextCursor: null });
  });
});

describe('PINs', () => {
  it('are a hundred different ones when a hundred rooms are opened at once', async () => {
    const assessmentId = await newAssessment();
    const made = await Promise.all(Array.from({ length: 100 }, () => openRoom(assessmentId)));
    expect(new Set(made).size).toBe(100);
    expect(made.every((pin) => /^\d{6}$/.test(pin))).toBe(true);
  });

  it('are different when gateways think of the same ones', async () => {
    const { database } = gateway.ports;
    const { visibility } = gateway.services;
    const { id: userId, institutionId, role } = gateway.cast.teacher;
    const assessmentId = await newAssessment();
    const thoughtOf = [...'00112233445566778899', ...'0123456789'].map((digit, index) => (index < 20 ? `99900${digit}` : `99901${digit}`));
    const makePin = () => thoughtOf.shift() as string;
    const gateways = [1, 2].map(() => createRoomService({ database, visibility, makePin }));
    const create = (index: number) => gateways[index % 2]?.create({ userId, institutionId, role }, uuidv7(), { assessmentId, minutes: 5 });
    const made = await Promise.all(Array.from({ length: 20 }, (_, index) => create(index)));
    expect(new Set(made.map((room) => room?.pin)).size).toBe(20);
  });
});

describe('the leaderboard', () => {
  const board = async (pin: string) => (await call(gateway.cast.teacher, 'get', `/${pin}/leaderboard`)).body.items;

  it('ranks the newest marks of those in the room, from a copy that is built again when it vanishes', async () => {
    const { student, otherStudent, colleague, assessment } = gateway.cast;
    const assessmentId = await newAssessment();
    const pin = await openRoom(assessmentId);
    expect(await board(pin)).toEqual([]);
    await graded(student, assessmentId, 3);
    await graded(student, assessmentId, 1);
    await graded(otherStudent, assessmentId, 2.5);
    await graded(colleague, assessmentId, 3);
    await graded(student, assessment.id, 3);
    await join(student, pin, 'Zoe');
    await join(otherStudent, pin, 'Abe');
    const expected = [
      { rank: 1, displayName: 'Abe', score: 2.5 },
      { rank: 2, displayName: 'Zoe', score: 1 },
    ];
    expect(await board(pin)).toEqual(expected);
    const room = await gateway.ports.database.rooms.findOpen(pin, student.id);
    const key = `gf:room-board:${room?.id}:${room?.version}`;
    await waitFor(() => gateway.ports.cacheRedis.exists(key));
    expect(await gateway.ports.cacheRedis.zrevrange(key, 0, 0)).toEqual([`${otherStudent.id} Abe`]);
    await gateway.ports.cacheRedis.del(key);
    expect(await board(pin)).toEqual(expected);
  });

  it('is read from the copy while there is one', async () => {
    const { student } = gateway.cast;
    const pin = await openRoom(await newAssessment());
    await join(student, pin);
    const room = await gateway.ports.database.rooms.findOpen(pin, student.id);
    const key = `gf:room-board:${room?.id}:${room?.version}`;
    await gateway.ports.cacheRedis.zadd(key, 9, `${student.id} From the copy`);
    expect(await board(pin)).toEqual([{ rank: 1, displayName: 'From the copy', score: 9 }]);
  });

  it('shows nobody’s marks while they are withheld', async () => {
    const { student } = gateway.cast;
    const assessmentId = await newAssessment('MANUAL');
    const pin = await openRoom(assessmentId);
    await graded(student, assessmentId, 3);
    await join(student, pin);
    expect(await board(pin)).toEqual([]);
    await gateway.ports.database.assessments.update(assessmentId, { release: 'IMMEDIATE' });
    await waitFor(async () => (await board(pin)).length === 1);
  });
});
