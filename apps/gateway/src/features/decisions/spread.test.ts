import { waitFor } from '@gradeflow/testing';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
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

const current = async (id: string) => {
  const found = await gateway.ports.database.gradings.findCurrentResult(id, sheets.question.id);
  if (!found) throw new Error('nothing counts');
  const { updatedAt: _, ...what } = found;
  return what;
};
const history = (id: string) => gateway.ports.database.gradings.list(id);
const status = async (id: string) => (await gateway.ports.database.submissions.find(id))?.status;
const undo = (undoId: string, who = gateway.cast.teacher) => sheets.call('post', `/decisions/${undoId}/undo`, undefined, who);
const decide = (id: string, body: object) => decideOne(gateway, id, sheets.question.id, body, gateway.cast.admin);
const open = { needsReview: true, reviewReasons: ['OFF_TOPIC' as const, 'LOW_CONFIDENCE' as const], confidence: 0.4 };
const items = (list: Array<{ submissionId: string; ok: boolean; code: string | null; score: number | null }>) =>
  list.map(({ submissionId, ok, code, score }) => [submissionId, ok, code, score]);

describe('a decision over many sheets', () => {
  it('decides each, keeps what was there, ends reviews and claims, and is told of', async () => {
    const { database } = gateway.ports;
    const made = [await sheets.sheet(open), await sheets.sheet({ ...open, score: 0 }), await sheets.sheet()];
    const ids = made.map(({ id }) => id);
    const { admin, teacher } = gateway.cast;
    const actor = { userId: admin.id, institutionId: admin.institutionId, role: admin.role };
    expect(await database.reviews.claim(actor, { assessmentId: sheets.assessmentId, count: 3, holdMs: 60_000 })).toHaveLength(2);
    const before = await gateway.queued();
    const { status: code, body } = await sheets.spread(ids, { feedback: 'Well put.' });
    expect(code).toBe(200);
    expect(items(body.items)).toEqual(ids.map((id) => [id, true, null, 3]));
    for (const [index, id] of ids.entries()) {
      expect(await current(id)).toMatchObject({
        ...{ gradingId: body.items[index].gradingId, machineGradingId: made[index]?.gradingId, decidedBy: { id: teacher.id } },
        result: { score: 3, feedback: 'Well put.', needsReview: false },
      });
      expect((await history(id)).map(({ grader, batchId }) => [grader, batchId])).toEqual([
        ['human', body.undoId],
        ['offline', null],
      ]);
      expect(await status(id)).toBe('GRADED');
    }
    expect((await database.reviews.list(actor, { assessmentId: sheets.assessmentId, limit: 5 })).total).toBe(0);
    await gateway.services.background.drained();
    expect(await gateway.queued()).toBe(before);
    const notices = gateway.ports.boardQueues.queues.find(({ name }) => name === 'deliver-notification');
    await waitFor(async () => {
      const jobs = (await notices?.getJobs()) ?? [];
      return body.items.every(({ gradingId }: { gradingId: string }) => jobs.some(({ data }) => JSON.stringify(data).includes(gradingId)));
    });
  });

  it('says of each sheet why it could not be decided, and holds up no other', async () => {
    const { database } = gateway.ports;
    const [good, personal, seen, moved, busy, other] = await Promise.all(Array.from({ length: 6 }, () => sheets.sheet()));
    if (!good || !personal || !seen || !moved || !busy || !other) throw new Error('no sheets');
    const elsewhere = await (await makeQuestionSheets(gateway)).sheet();
    const notMet = { criteria: [{ criterionId: 'a', decision: 'NOT_MET' }] };
    for (const { id } of [personal, seen, moved]) expect((await decide(id, notMet)).status).toBe(200);
    const adjusted = await decide(other.id, { adjustment: 1 });
    const seenId = (await current(seen.id)).gradingId;
    await database.submissions.nextRun(busy.id, { fromFailed: false, stages: ['grade'] });
    const ids = [personal, good, seen, moved, busy, other, elsewhere].map(({ id }) => id);
    const basedOn = { [seen.id]: seenId, [moved.id]: moved.gradingId, [other.id]: adjusted.body.gradingId };
    const { body } = await sheets.spread([...ids, uuidv7()], { basedOn });
    expect(items(body.items)).toEqual([
      [personal.id, false, 'DECISION_CONFLICT', 0],
      [good.id, true, null, 3],
      [seen.id, true, null, 1],
      [moved.id, false, 'DECISION_CONFLICT', 0],
      [busy.id, false, 'SUBMISSION_BUSY', 2],
      [other.id, false, 'VALIDATION_FAILED', 3],
      [elsewhere.id, false, 'SUBMISSION_NOT_FOUND', null],
      [expect.any(String), false, 'SUBMISSION_NOT_FOUND', null],
    ]);
    expect(body.items[0].gradingId).toBe((await current(personal.id)).gradingId);
    expect((await current(moved.id)).decidedBy?.id).toBe(gateway.cast.admin.id);
  });

  it('is refused as a whole when it fits no answer, or is none', async () => {
    const { id } = await sheets.sheet();
    const paths = async (ids: string[], more: object) =>
      (await sheets.spread(ids, more)).body.errors?.map((error: { path: string }) => error.path);
    expect(await paths([id], { criteria: [{ criterionId: 'z', decision: 'MET' }] })).toEqual(['/criteria/0/criterionId']);
    expect(await paths([id], { points: 2 })).toEqual(['/points']);
    expect(await paths([id, id], {})).toEqual(['/submissionIds']);
    expect(await paths([], {})).toEqual(['/submissionIds']);
    expect(await paths(Array.from({ length: 501 }, uuidv7), {})).toEqual(['/submissionIds']);
    const withPlace = [{ criterionId: 'b', decision: 'MET', evidence: [{ page: 1, box: [0, 0, 1, 1] }] }];
    expect((await sheets.spread([id], { criteria: withPlace })).status).toBe(400);
    expect((await sheets.call('post', `/questions/${uuidv7()}/decisions`, { submissionIds: [id] })).body.code).toBe('QUESTION_NOT_FOUND');
    expect(await history(id)).toHaveLength(1);
  });

  it('happens once, however often and however quickly it is clicked', async () => {
    const made = await Promise.all(Array.from({ length: 6 }, () => sheets.sheet(open)));
    const ids = made.map(({ id }) => id);
    const basedOn = Object.fromEntries(made.map(({ id, gradingId }) => [id, gradingId]));
    const twice = await Promise.all([sheets.spread(ids, { basedOn }), sheets.spread(ids.toReversed(), { basedOn })]);
    const again = await sheets.spread(ids, { basedOn });
    const answers = [...twice, again];
    expect(answers.map(({ status: code }) => code)).toEqual([200, 200, 200]);
    expect(new Set(answers.map(({ body }) => body.undoId)).size).toBe(1);
    for (const { body } of answers)
      expect(body.items.every(({ ok, score }: { ok: boolean; score: number }) => ok && score === 3)).toBe(true);
    for (const id of ids) expect(await history(id)).toHaveLength(2);
    expect((await sheets.spread(ids, { basedOn }, gateway.cast.admin)).body.items[0].code).toBe('DECISION_CONFLICT');
  });

  it('goes on after a crash where it stopped, under the same undoId', async () => {
    const made = await Promise.all(Array.from({ length: 4 }, () => sheets.sheet()));
    const ids = made.map(({ id }) => id);
    await gateway.ports.database.submissions.nextRun(ids[3] as string, { fromFailed: false, stages: ['grade'] });
    const first = await sheets.spread(ids);
    expect(first.body.items[3].code).toBe('SUBMISSION_BUSY');
    const regraded = await gateway.ports.database.submissions.find(ids[3] as string);
    if (regraded) await gradeSubmission(gateway, regraded, [machineResult({ questionId: sheets.question.id, criteria: [] })]);
    const second = await sheets.spread(ids);
    expect(second.body.undoId).toBe(first.body.undoId);
    expect(second.body.items.map(({ ok }: { ok: boolean }) => ok)).toEqual([true, true, true, true]);
    for (const id of ids.slice(0, 3)) expect(await history(id)).toHaveLength(2);
  });

  it('and single decisions at the same moment: of each sheet one counts, and nobody overwrites another unseen', async () => {
    const made = await Promise.all(Array.from({ length: 12 }, () => sheets.sheet()));
    const basedOn = Object.fromEntries(made.map(({ id, gradingId }) => [id, gradingId]));
    const single = (id: string) => decide(id, { criteria: [{ criterionId: 'a', decision: 'NOT_MET' }], basedOn: basedOn[id] });
    const [spread, ...singles] = await Promise.all([
      sheets.spread(
        made.map(({ id }) => id),
        { basedOn },
      ),
      ...made.toReversed().map(({ id }) => single(id)),
    ]);
    const singleOf = new Map(made.toReversed().map(({ id }, index) => [id, singles[index]]));
    for (const item of spread.body.items) {
      const alone = singleOf.get(item.submissionId);
      expect([item.ok, alone?.status]).toEqual(item.ok ? [true, 409] : [false, 200]);
      if (!item.ok) expect([item.code, item.score]).toEqual(['DECISION_CONFLICT', 0]);
      expect((await current(item.submissionId)).result.score).toBe(item.ok ? 3 : 0);
      expect(await history(item.submissionId)).toHaveLength(2);
    }
  });
});

describe('undo', () => {
  it('puts back exactly what counted: the machine’s result, or the earlier person’s decision as theirs', async () => {
    const machine = await sheets.sheet(open);
    const person = await sheets.sheet();
    const unclear = await sheets.sheet(open);
    await decide(person.id, { criteria: [{ criterionId: 'a', decision: 'NOT_MET' }], feedback: 'No.' });
    await decide(unclear.id, { criteria: [{ criterionId: 'b', decision: 'UNCLEAR' }] });
    const ids = [machine.id, person.id, unclear.id];
    const before = await Promise.all(ids.map(current));
    const basedOn = Object.fromEntries(before.map(({ submissionId, gradingId }) => [submissionId, gradingId]));
    const { body } = await sheets.spread(ids, { basedOn });
    expect(items(body.items)).toEqual(ids.map((id, index) => [id, true, null, index === 1 ? 1 : 3]));
    const undone = await undo(body.undoId, gateway.cast.admin);
    expect(undone.status).toBe(200);
    expect(items(undone.body.items).toSorted()).toEqual(ids.map((id, index) => [id, true, null, index === 1 ? 0 : 2]).toSorted());
    expect(await Promise.all(ids.map(current))).toEqual(before);
    expect(await Promise.all(ids.map(status))).toEqual(['NEEDS_REVIEW', 'GRADED', 'NEEDS_REVIEW']);
    expect((await history(person.id)).map(({ by, revertedTo, score }) => [by?.id ?? null, revertedTo, score])).toEqual([
      [gateway.cast.admin.id, before[1]?.gradingId, 0],
      [gateway.cast.teacher.id, null, 1],
      [gateway.cast.admin.id, null, 0],
      [null, null, 2],
    ]);
    expect((await decide(person.id, { basedOn: before[1]?.gradingId })).status).toBe(200);
  });

  it('opens a question again for which a student was promised a person', async () => {
    const { database } = gateway.ports;
    const { student, teacher } = gateway.cast;
    const { id } = await sheets.sheet();
    const request = { id: uuidv7(), submissionId: id, questionId: sheets.question.id, studentId: student.id, message: 'Please look.' };
    await database.regradeRequests.insert(request);
    await database.regradeRequests.answer({ id: request.id, status: 'ACCEPTED', reply: 'We will.', by: teacher.id });
    const before = await current(id);
    expect(before.result).toMatchObject({ needsReview: true, reviewReasons: ['REGRADE_REQUESTED'] });
    const { body } = await sheets.spread([id]);
    expect(await status(id)).toBe('GRADED');
    await undo(body.undoId);
    expect(await current(id)).toEqual(before);
    expect(await status(id)).toBe('NEEDS_REVIEW');
    await decide(id, {});
    const again = await sheets.spread([id], { basedOn: { [id]: (await current(id)).gradingId } });
    await undo(again.body.undoId);
    expect((await current(id)).result.needsReview).toBe(false);
  });

  it('refuses what somebody has decided since, and happens once', async () => {
    const made = await Promise.all(Array.from({ length: 3 }, () => sheets.sheet()));
    const ids = made.map(({ id }) => id);
    const { body } = await sheets.spread(ids);
    const kept = await decide(ids[0] as string, { criteria: [{ criterionId: 'a', decision: 'NOT_MET' }] });
    const twice = await Promise.all([undo(body.undoId), undo(body.undoId)]);
    for (const { body: answer } of [...twice, await undo(body.undoId)]) {
      const byId = new Map(answer.items.map((item: { submissionId: string }) => [item.submissionId, item]));
      expect(byId.get(ids[0] as string)).toMatchObject({ ok: false, code: 'DECISION_CONFLICT', gradingId: kept.body.gradingId, score: 1 });
      for (const { id, gradingId } of made.slice(1)) expect(byId.get(id)).toMatchObject({ ok: true, gradingId, score: 2 });
    }
    for (const id of ids.slice(1)) expect(await history(id)).toHaveLength(3);
  });

  it('leaves the same decision free to be made again, under another undoId', async () => {
    const { id, gradingId } = await sheets.sheet();
    const basedOn = { [id]: gradingId };
    const first = (await sheets.spread([id], { basedOn })).body;
    await undo(first.undoId);
    const second = (await sheets.spread([id], { basedOn })).body;
    expect([second.undoId === first.undoId, second.items[0].ok, second.items[0].score]).toEqual([false, true, 3]);
  });

  it('goes back to what the machine says now, when it has graded again meanwhile', async () => {
    const { id } = await sheets.sheet();
    const { body } = await sheets.spread([id]);
    const next = await gateway.ports.database.submissions.nextRun(id, { fromFailed: false, stages: ['grade'] });
    const again = next && (await gradeSubmission(gateway, next, [machineResult({ questionId: sheets.question.id, score: 1 })]));
    expect((await current(id)).result.score).toBe(3);
    expect((await undo(body.undoId)).body.items[0]).toMatchObject({ ok: true, gradingId: again, score: 1 });
  });

  it('that comes while sheets are still being decided leaves none decided', async () => {
    const made = await Promise.all(Array.from({ length: 10 }, () => sheets.sheet()));
    const ids = made.map(({ id }) => id);
    const { database } = gateway.ports;
    const { undoId } = (await sheets.spread([ids[0] as string])).body;
    await database.decisionBatches.markUndone(undoId);
    const decision = { id: uuidv7(), submissionId: ids[1] as string, by: gateway.cast.teacher.id, rubricVersion: 1, batchId: undoId };
    const { result } = await current(ids[1] as string);
    await expect(database.gradings.saveDecision({ ...decision, result })).rejects.toMatchObject({ code: 'BATCH_UNDONE' });
    expect(await history(ids[1] as string)).toHaveLength(1);
  });

  it('is for who manages the assessment, and of its own decisions', async () => {
    const { id } = await sheets.sheet();
    const { body } = await sheets.spread([id]);
    expect((await undo(body.undoId, gateway.cast.colleague)).status).toBe(403);
    expect((await undo(body.undoId, gateway.cast.stranger)).status).toBe(404);
    expect((await undo(uuidv7())).body.code).toBe('BATCH_NOT_FOUND');
    const others = await makeQuestionSheets(gateway);
    expect((await others.call('post', `/decisions/${body.undoId}/undo`)).body.code).toBe('BATCH_NOT_FOUND');
  });
});
