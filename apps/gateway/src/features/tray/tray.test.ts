import type { User } from '@gradeflow/database';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import request from 'supertest';
import { uuidv7 } from 'uuidv7';
import { recordSubmission } from '../../testing/record-submission.ts';
import { makeAssessment, startTestGateway, type TestGateway } from '../../testing/start-test-gateway.ts';

let gateway: TestGateway;
beforeAll(async () => {
  gateway = await startTestGateway();
});
afterAll(() => gateway.close());

const call = async (who: User, method: 'get' | 'put' | 'delete', submissionIds?: unknown) => {
  const asked = request(gateway.app)
    [method]('/v1/tray')
    .set('Authorization', await gateway.as(who));
  return submissionIds === undefined ? asked : asked.send({ submissionIds });
};
const idOf = async (...sample: Parameters<typeof recordSubmission> extends [unknown, ...infer Rest] ? Rest : never) =>
  (await recordSubmission(gateway, ...sample)).id;
const nothing = { submissionIds: [], expiresAt: null };

describe('the tray', () => {
  it('keeps what was picked, in its order and once, for a week, until it is replaced or emptied; it is one’s own', async () => {
    const { teacher, admin } = gateway.cast;
    const [first, second] = [await idOf(), await idOf()];
    expect((await call(teacher, 'get')).body).toEqual(nothing);
    const put = await call(teacher, 'put', [second, first, second]);
    expect([put.status, put.body]).toEqual([200, { submissionIds: [second, first], expiresAt: expect.any(String) }]);
    const days = (Date.parse(put.body.expiresAt) - Date.now()) / 86_400_000;
    expect(days).toBeGreaterThan(6.9);
    expect(days).toBeLessThan(7.1);
    expect((await call(teacher, 'get')).body).toEqual(put.body);
    expect((await call(admin, 'get')).body).toEqual(nothing);
    expect((await call(teacher, 'put', [first])).body.submissionIds).toEqual([first]);
    expect((await call(teacher, 'delete')).status).toBe(204);
    expect((await call(teacher, 'get')).body).toEqual(nothing);
    await call(teacher, 'put', [first]);
    expect((await call(teacher, 'put', [])).body).toEqual(nothing);
    expect((await call(teacher, 'get')).body).toEqual(nothing);
  });

  it('holds only what one may see, at the time of asking too', async () => {
    const { teacher, student, colleague, colleaguesAssessment } = gateway.cast;
    const [own, foreign] = [await idOf({ studentId: student.id }), await idOf({ assessmentId: colleaguesAssessment.id })];
    const all = [own, foreign, uuidv7()];
    expect((await call(teacher, 'put', all)).body.submissionIds).toEqual([own]);
    expect((await call(student, 'put', all)).body.submissionIds).toEqual([own]);
    expect((await call(colleague, 'put', all)).body.submissionIds).toEqual([foreign]);
    await gateway.ports.database.submissions.markDeleted(own);
    expect((await call(teacher, 'get')).body).toEqual(nothing);
  });

  it('takes up to 500 ids', async () => {
    const { teacher } = gateway.cast;
    const own = await idOf();
    const ids = (count: number) => Array.from({ length: count }, () => uuidv7());
    expect((await call(teacher, 'put', [...ids(499), own])).body.submissionIds).toEqual([own]);
    for (const wrong of [ids(501), ['x'], 'x', null]) expect((await call(teacher, 'put', wrong)).body.code).toBe('VALIDATION_FAILED');
  });
});

it('what is visible among many is what is visible one by one', async () => {
  const { cast, ports, services } = gateway;
  const { database } = ports;
  const own = await makeAssessment(database, cast.teacher, {});
  const samples = [
    ...[null, cast.student.id, cast.otherStudent.id].map((studentId) => ({ studentId })),
    ...[own.id, cast.colleaguesAssessment.id, uuidv7()].map((assessmentId) => ({ assessmentId })),
  ];
  const ids: string[] = [];
  for (const sample of samples) ids.push(await idOf(sample));
  for (const user of [cast.admin, cast.teacher, cast.colleague, cast.student, cast.otherStudent, cast.stranger]) {
    const actor = { userId: user.id, institutionId: user.institutionId, role: user.role };
    const asked = ids.map((id) =>
      services.visibility.submission(actor, id).then(
        () => [id],
        () => [],
      ),
    );
    expect(await database.visible.submissions(actor, ids)).toEqual((await Promise.all(asked)).flat());
  }
});
