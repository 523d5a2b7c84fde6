import { afterAll, beforeAll, expect, it } from '@jest/globals';
import request from 'supertest';
import { uuidv7 } from 'uuidv7';
import { endedKeepMs, listSweeps, sweepAll } from './sweeps.ts';
import { recordSubmission } from './testing/record-submission.ts';
import { startTestGateway, type TestGateway } from './testing/start-test-gateway.ts';

let gateway: TestGateway;
beforeAll(async () => {
  gateway = await startTestGateway();
});
afterAll(() => gateway.close());

it('ended rooms and share links go once their time is over, open ones stay', async () => {
  const { database } = gateway.ports;
  const { teacher, student, assessment } = gateway.cast;
  const submission = await recordSubmission(gateway);
  const roomOf = (pin: string) =>
    database.rooms.insert({
      ...{
        id: uuidv7(),
        pin,
        institutionId: teacher.institutionId,
        assessmentId: assessment.id,
        createdBy: teacher.id,
        minutes: 5,
        maxOpen: 9,
      },
    });
  const linkOf = (code: string) =>
    database.shareLinks.insert({
      ...{ id: uuidv7(), code, submissionId: submission.id, createdBy: teacher.id, expiresInMs: 60_000, maxLive: 9 },
    });
  const [ended, open] = [await roomOf('111111'), await roomOf('222222')];
  await database.rooms.join({ id: ended?.id ?? '', userId: student.id, displayName: 'Sam', maxParticipants: 9 });
  await database.rooms.close(ended?.id ?? '', { id: uuidv7(), by: teacher.id });
  const [revoked, live] = [await linkOf('0000000000ab'), await linkOf('0000000000cd')];
  await database.shareLinks.revoke({ code: revoked?.code ?? '', submissionId: submission.id, by: teacher.id });

  expect([await database.rooms.sweep(endedKeepMs), await database.shareLinks.sweep(endedKeepMs)]).toEqual([0, 0]);
  expect([await database.rooms.sweep(0), await database.shareLinks.sweep(0)]).toEqual([1, 1]);
  expect(await database.rooms.listParticipants(ended?.id ?? '')).toEqual([]);
  expect(await database.rooms.findOpen('222222', teacher.id)).toMatchObject({ id: open?.id });
  expect(await database.shareLinks.findLive('0000000000cd')).toMatchObject({ code: live?.code });
  expect([await database.rooms.sweep(0), await database.shareLinks.sweep(0)]).toEqual([0, 0]);
});

it('one sweep that fails holds up no other', async () => {
  const said: string[] = [];
  const log = { info: (_: object, text: string) => said.push(text), debug: (_: object, text: string) => said.push(text) };
  const sweeps = listSweeps(gateway.services, gateway.ports.database);
  const broken = { what: 'nothing', remove: () => Promise.reject(new Error('away')) };
  await sweepAll([broken, ...sweeps, { what: 'three', remove: async () => 3 }], log as never);
  expect(said.sort()).toEqual(['nothing could not be removed', 'three were removed']);
  expect((await request(gateway.app).get('/healthz')).status).toBe(200);
});
