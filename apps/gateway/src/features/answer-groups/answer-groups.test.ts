import { afterAll, beforeAll, beforeEach, expect, it } from '@jest/globals';
import { uuidv7 } from 'uuidv7';
import { decideOne, makeQuestionSheets, type QuestionSheets } from '../../testing/question-sheets.ts';
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
const groups = (query = '') => sheets.call('get', `/questions/${sheets.question.id}/groups${query}`);

it('shows answers that say the same as groups, with who is in them, their state and what the machine gave', async () => {
  const first = await sheets.sheet({ answerText: 'There is a gap.' }, 'first');
  const second = await sheets.sheet({ answerText: 'there is a GAP', score: 1, needsReview: true, reviewReasons: ['OFF_TOPIC'] }, 'second');
  const third = await sheets.sheet({ answerText: 'There is a gap.', score: 1 }, 'third');
  const other = await sheets.sheet({ answerText: 'There is no gap.' });
  const empty = await sheets.sheet({ answerText: '', score: 0 });
  await decideOne(gateway, first.id, sheets.question.id, { criteria: [{ criterionId: 'b', decision: 'MET' }] }, gateway.cast.teacher);
  const { body } = await groups();
  expect(body).toMatchObject({ total: 3, answers: 5, ofAnswers: 5, nextCursor: null });
  expect(body.items[0]).toMatchObject({
    ...{ kind: 'ANSWER', label: 'There is a gap.', size: 3, counts: { open: 1, decided: 1, machine: 1 }, maxScore: 3 },
    machineScores: { min: 1, max: 2, mean: 1.333333 },
  });
  expect(body.items[0].members).toMatchObject([
    { submissionId: first.id, label: 'first', state: 'decided', score: 3 },
    { submissionId: second.id, gradingId: second.gradingId, label: 'second', state: 'open', score: 1 },
    { submissionId: third.id, gradingId: third.gradingId, state: 'machine', score: 1 },
  ]);
  const rest = body.items
    .slice(1)
    .map((group: { kind: string; members: Array<{ submissionId: string }> }) => [
      group.kind,
      group.members.map(({ submissionId }) => submissionId),
    ]);
  expect(rest).toEqual(
    expect.arrayContaining([
      ['ANSWER', [other.id]],
      ['BLANK', [empty.id]],
    ]),
  );
});

it('comes in pages, keeps its ids while people decide, and tells no names under anonymous marking', async () => {
  for (const answerText of ['red', 'green', 'blue', 'red', 'white']) await sheets.sheet({ answerText }, 'Ann');
  const walk = async () => {
    const labels: Array<[string, string]> = [];
    let cursor = '';
    do {
      const { body } = await groups(`?limit=2${cursor}`);
      labels.push(...body.items.map(({ id, label }: { id: string; label: string }) => [id, label]));
      cursor = body.nextCursor === null ? '' : `&cursor=${body.nextCursor}`;
    } while (cursor !== '');
    return labels;
  };
  const before = await walk();
  expect(before[0]?.[1]).toBe('red');
  expect(before.map(([, label]) => label).toSorted()).toEqual(['blue', 'green', 'red', 'white']);
  const { body } = await groups('?limit=1');
  await sheets.spread(body.items[0].members.map(({ submissionId }: { submissionId: string }) => submissionId));
  expect(await walk()).toEqual(before);
  expect((await groups('?limit=1')).body.items[0].counts).toEqual({ open: 0, decided: 2, machine: 0 });
  await gateway.ports.database.assessments.update(sheets.assessmentId, { anonymous: true });
  expect(JSON.stringify((await groups()).body)).not.toContain('Ann');
  expect((await groups('?cursor=abc')).status).toBe(400);
  expect((await sheets.call('get', `/questions/${uuidv7()}/groups`)).body.code).toBe('QUESTION_NOT_FOUND');
});

it('tells long answers apart by all of their text', async () => {
  const long = 'many words '.repeat(300);
  for (const end of ['one', 'two', 'one']) await sheets.sheet({ answerText: `${long}${end}` });
  const { body } = await groups();
  expect(body.items.map(({ size }: { size: number }) => size)).toEqual([2, 1]);
  expect(body.items[0].label).toBe(long.slice(0, 200));
});
