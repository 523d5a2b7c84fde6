import type { Assessment, User } from '@gradeflow/database';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import request from 'supertest';
import { uuidv7 } from 'uuidv7';
import { gradeSubmission, machineResult, recordSubmission } from '../../testing/record-submission.ts';
import { makeAssessment, startTestGateway, type TestGateway } from '../../testing/start-test-gateway.ts';

let gateway: TestGateway;
beforeAll(async () => {
  gateway = await startTestGateway();
});
afterAll(() => gateway.close());

const call = async (who: User, method: 'get' | 'post' | 'patch', path: string, body?: object) =>
  request(gateway.app)
    [method](path)
    .set('Authorization', await gateway.as(who))
    .send(body);
const release = (who: User, { id }: Assessment, query = '') => call(who, 'post', `/v1/assessments/${id}/release${query}`);
const told = async (who: User, submissionId: string) =>
  (await gateway.ports.database.notifications.list(who.id, { limit: 100 })).items.filter(({ subjectId }) => subjectId === submissionId);

/** A graded sheet of the student and one with an open review, of an assessment that releases by hand. */
async function withheld(fields: Partial<Pick<Assessment, 'release'>> = {}) {
  const { teacher, student, courseId } = gateway.cast;
  const assessment = await makeAssessment(gateway.ports.database, teacher, { courseId, release: 'MANUAL', ...fields });
  const sheet = async (needsReview: boolean) => {
    const submission = await recordSubmission(gateway, { studentId: student.id, assessmentId: assessment.id });
    const result = machineResult({ needsReview, reviewReasons: needsReview ? ['OFF_TOPIC'] : [] });
    await gradeSubmission(gateway, submission, [result]);
    return submission.id;
  };
  return { assessment, graded: await sheet(false), open: await sheet(true) };
}

/** As the notice of the grading does that was still on its way. */
const announce = (gradingId: string, submissionId: string) =>
  gateway.ports.database.notifications.announce(gradingId, [
    {
      ...{ id: uuidv7(), userId: gateway.cast.student.id, event: 'submission.graded', text: 'graded' },
      ...{ subjectType: 'submission', subjectId: submissionId },
    },
  ]);

describe('a release', () => {
  it('is shown before it is done, tells each student once however often and at once it is called, and can be taken back', async () => {
    const { teacher, student } = gateway.cast;
    const { assessment, graded, open } = await withheld();
    const students = [{ id: student.id, name: student.name }];
    const preview = await release(teacher, assessment, '?preview=true');
    expect([preview.status, preview.body]).toEqual([200, { releasedAt: null, openReviews: 1, told: { count: 1, students } }]);
    expect(await told(student, graded)).toEqual([]);
    const answers = await Promise.all([1, 2, 3, 4].map(() => release(teacher, assessment)));
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200]);
    expect(answers.map(({ body }) => body.told.count).toSorted()).toEqual([0, 0, 0, 1]);
    expect(new Set(answers.map(({ body }) => body.releasedAt)).size).toBe(1);
    expect((await told(student, graded)).map(({ event, text }) => [event, text])).toEqual([
      ['submission.graded', '“sheet.pdf” in “An exam” was graded: 2 of 3.'],
    ]);
    expect(await told(student, open)).toEqual([]);
    const back = await call(teacher, 'post', `/v1/assessments/${assessment.id}/unrelease`);
    expect([back.status, back.body.releasedAt]).toEqual([200, null]);
    expect((await call(teacher, 'post', `/v1/assessments/${assessment.id}/unrelease`)).status).toBe(200);
    expect(await told(student, graded)).toEqual([]);
    await release(teacher, assessment);
    expect(await told(student, graded)).toHaveLength(1);
    const { items } = await gateway.ports.database.audit.list({ institutionId: teacher.institutionId, subjectId: assessment.id, limit: 9 });
    expect(items.map(({ action }) => action)).toEqual(['assessment.released', 'assessment.unreleased', 'assessment.released']);
  });

  it('of an assessment that releases by itself tells nobody', async () => {
    const { teacher, student } = gateway.cast;
    const { assessment, graded } = await withheld({ release: 'IMMEDIATE' });
    expect((await release(teacher, assessment)).body.told).toEqual({ count: 0, students: [] });
    expect(await told(student, graded)).toEqual([]);
  });

  it('happens, and is told of once, when an assessment that withholds is set to release by itself', async () => {
    const { teacher, student } = gateway.cast;
    const { assessment, graded, open } = await withheld();
    const set = (mode: Assessment['release']) =>
      call(teacher, 'patch', `/v1/assessments/${assessment.id}`, { release: mode, title: 'Shown' });
    const answers = await Promise.all([1, 2, 3].map(() => set('IMMEDIATE')));
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200]);
    const once = [['submission.graded', '“sheet.pdf” in “Shown” was graded: 2 of 3.']];
    const seen = async () => (await told(student, graded)).map(({ event, text }) => [event, text]);
    expect(await seen()).toEqual(once);
    expect(await told(student, open)).toEqual([]);
    for (const mode of ['MANUAL', 'IMMEDIATE'] as const) expect((await set(mode)).status).toBe(200);
    expect(await seen()).toEqual(once);
    await gateway.ports.database.gradings.findCurrent(graded).then((grading) => grading && announce(grading.id, graded));
    expect(await seen()).toEqual(once);
  });

  it('that has happened is not told of again when its assessment is set to release by itself', async () => {
    const { teacher, student } = gateway.cast;
    const { assessment, graded } = await withheld();
    await release(teacher, assessment);
    await call(teacher, 'patch', `/v1/assessments/${assessment.id}`, { release: 'IMMEDIATE' });
    expect(await told(student, graded)).toHaveLength(1);
  });

  it('is for those who manage the assessment', async () => {
    const { student, colleague, stranger, admin } = gateway.cast;
    const { assessment } = await withheld();
    const statuses: number[] = [];
    for (const who of [student, colleague, stranger, admin]) statuses.push((await release(who, assessment)).status);
    expect(statuses).toEqual([403, 403, 404, 200]);
  });
});

describe('what a student sees of a graded sheet', () => {
  /** Everything with marks that a student may ask for. */
  const seen = async (who: User, id: string) => {
    const view = (await call(who, 'get', `/v1/submissions/${id}`)).body;
    const list = (await call(who, 'get', '/v1/submissions?mine=true&limit=100')).body.items;
    const item = list.find((candidate: { id: string }) => candidate.id === id);
    const gradings = (await call(who, 'get', `/v1/submissions/${id}/gradings`)).body.items;
    return {
      ...{ state: view.resultState, score: view.result?.score ?? null, gradings: gradings.length },
      ...{ listed: item?.score, confidence: item?.minConfidence },
    };
  };
  const nothing = { score: null, gradings: 0, listed: null, confidence: null };
  const everything = { state: 'RELEASED', score: 2, gradings: 1, listed: 2, confidence: 0.9 };

  it('is withheld until it is released, and again afterwards; teachers see it all the time', async () => {
    const { teacher, student } = gateway.cast;
    const { assessment, graded } = await withheld();
    const ofTeacher = (await call(teacher, 'get', `/v1/submissions/${graded}`)).body;
    expect([ofTeacher.resultState, ofTeacher.result.score]).toEqual(['WITHHELD', 2]);
    expect(await seen(student, graded)).toEqual({ ...nothing, state: 'WITHHELD' });
    await release(teacher, assessment);
    expect(await seen(student, graded)).toEqual(everything);
    await call(teacher, 'post', `/v1/assessments/${assessment.id}/unrelease`);
    expect(await seen(student, graded)).toEqual({ ...nothing, state: 'WITHHELD' });
    const { id } = await recordSubmission(gateway, { studentId: student.id, assessmentId: assessment.id });
    expect(await seen(student, id)).toEqual({ ...nothing, state: 'NONE' });
  });

  it('is there at once where results are released immediately, and never somebody else’s', async () => {
    const { student, otherStudent } = gateway.cast;
    const { graded } = await withheld({ release: 'IMMEDIATE' });
    expect(await seen(student, graded)).toEqual(everything);
    for (const path of ['', '/gradings', '/pages/1', '/file'])
      expect((await call(otherStudent, 'get', `/v1/submissions/${graded}${path}`)).status).toBe(404);
  });
});
