import { randomUUID } from 'node:crypto';
import type { AnswerChange } from '@gradeflow/contracts';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type GradingTest, pageOf, question, startGradingTest } from '../testing/grading-test.ts';

let test: GradingTest;
beforeAll(async () => {
  test = await startGradingTest();
});
afterAll(() => test.close());

const says = (number: string, word: string) => question(number, 2, { type: 'keywords', groups: [{ anyOf: [word] }] });
const page = pageOf(1, ['1. The apple falls because of qwzxvity alone', '2. It is heated by radiation', 'and electricity goes on']);

/** One graded sheet of two questions, with all that changes it. */
async function gradedSheet() {
  const { gradings, corrections } = test.database;
  const [first, second] = [says('1', 'gravity'), says('2', 'radiation')];
  const { id, payload, school } = await test.upload([page], { questions: [first, second] });
  await test.database.assessments.update(school.assessment.id, { reviewBelow: 0 });
  const run = (number: number) => test.run({ submissionId: id, run: number });
  await run(payload.run);
  const correct = (questionId: string, change: AnswerChange) =>
    corrections.save({ id: randomUUID(), submissionId: id, questionId, by: school.people.teacher, change });
  const results = async () => {
    const grading = await gradings.findCurrent(id);
    return { score: grading?.score, answers: grading?.questions.map(({ answerText, score }) => [answerText, score]), grading };
  };
  return { id, first, second, school, run, correct, results };
}

const asRead = ['The apple falls because of qwzxvity alone', 'It is heated by radiation\nand electricity goes on'] as const;

describe('a corrected answer', () => {
  it('is graded again alone, by the questions that the sheet was graded by; the reading of the machine stays', async () => {
    const { id, first, second, school, run, correct, results } = await gradedSheet();
    expect(await results()).toMatchObject({
      score: 2,
      answers: [
        [asRead[0], 0],
        [asRead[1], 2],
      ],
    });
    const before = await test.database.gradings.findCurrentResult(id, second.id);
    await test.database.assessments.saveQuestions(school.assessment.id, [first, says('2', 'convection')], school.people.teacher);
    const { run: number } = await correct(first.id, { words: [{ page: 1, index: 6, text: 'gravity' }] });
    await run(number);
    const after = await results();
    expect(after).toMatchObject({
      score: 4,
      answers: [
        ['The apple falls because of gravity alone', 2],
        [asRead[1], 2],
      ],
    });
    expect(after.grading?.questions[0]?.criteria[0]?.evidence).toEqual([{ text: 'gravity', page: 1, box: [760, 100, 100, 20] }]);
    expect(await test.database.gradings.findCurrentResult(id, second.id)).toEqual(before);
    expect(await test.database.pages.listAll(id)).toEqual([page]);
    const [newest] = await test.database.gradings.list(id);
    expect(newest).toMatchObject({ run: number, rubricVersion: 1, score: 4, maxScore: 4, questions: [{ questionId: first.id }] });
    expect(await test.database.corrections.list(id)).toMatchObject([
      { by: { id: school.people.teacher }, before: asRead[0], after: 'The apple falls because of gravity alone' },
    ]);
  });

  it('stays corrected when the whole sheet is graded again', async () => {
    const { id, first, school, second, run, correct, results } = await gradedSheet();
    await run((await correct(first.id, { text: 'Because of gravity' })).run);
    await test.database.assessments.saveQuestions(school.assessment.id, [first, { ...second, maxScore: 5 }], school.people.teacher);
    const next = await test.database.submissions.nextRun(id, { fromFailed: false, stages: ['grade'] });
    await run(next?.run ?? 0);
    expect((await results()).grading).toMatchObject({
      rubricVersion: 2,
      questions: [{ answerText: 'Because of gravity', score: 2 }, { maxScore: 5 }],
    });
  });

  it('leaves a person’s mark as it is, and changes what stands beside it', async () => {
    const { id, first, school, run, correct } = await gradedSheet();
    const { gradings } = test.database;
    const current = await gradings.findCurrentResult(id, first.id);
    if (!current) throw new Error('no result');
    const result = { ...current.result, score: 1, needsReview: false };
    const decided = await gradings.saveDecision({
      id: randomUUID(),
      submissionId: id,
      by: school.people.teacher,
      rubricVersion: 1,
      result,
    });
    await run((await correct(first.id, { assign: [{ page: 1, from: 6, to: 8 }] })).run);
    const after = await gradings.findCurrentResult(id, first.id);
    expect(after).toMatchObject({ gradingId: decided.gradingId, decidedBy: { id: school.people.teacher } });
    expect(after?.result).toMatchObject({ score: 1, answerText: 'qwzxvity alone', regions: [{ page: 1, box: [760, 100, 210, 20] }] });
    expect(after?.machineGradingId).not.toBe(current.machineGradingId);
  });

  it('waits with others for one run, and a run about the whole sheet stays one', async () => {
    const { id, first, second, run, correct, results } = await gradedSheet();
    const early = await correct(first.id, { text: 'gravity' });
    const late = await correct(second.id, { text: 'nothing' });
    await expect(run(early.run)).rejects.toMatchObject({ code: 'FENCED' });
    await run(late.run);
    expect(await results()).toMatchObject({
      score: 2,
      answers: [
        ['gravity', 2],
        ['nothing', 0],
      ],
    });
    await test.database.submissions.nextRun(id, { fromFailed: false, stages: ['grade'] });
    await run((await correct(first.id, { text: 'magic' })).run);
    expect((await results()).score).toBe(0);
    expect((await test.database.gradings.list(id))[0]?.questions).toHaveLength(2);
    expect((await test.database.corrections.list(id)).map(({ after }) => after)).toEqual(['gravity', 'nothing', 'magic']);
  });

  it('that is empty is a believed blank', async () => {
    const { first, run, correct, results } = await gradedSheet();
    expect(await run((await correct(first.id, { text: '' })).run)).toMatchObject({ status: 'GRADED' });
    expect((await results()).grading?.questions[0]).toMatchObject({
      score: 0,
      answerText: '',
      needsReview: false,
      reviewReasons: ['BLANK'],
    });
  });
});
