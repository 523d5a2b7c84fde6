import type { PaperAnalysis } from '@gradeflow/contracts';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { addAssessment, newSubmission, page, question, type School, seedSchool } from '../testing/samples.ts';
import { createScratchDatabase, type ScratchDatabase } from '../testing/scratch-database.ts';
import type { Database } from '../types.ts';
import type { NewQuestionPaper } from './question-papers.ts';

let scratch: ScratchDatabase;
let database: Database;
let papers: Database['questionPapers'];
let school: School;
beforeAll(async () => {
  scratch = await createScratchDatabase();
  database = scratch.database;
  papers = database.questionPapers;
  school = await seedSchool(database);
});
afterAll(() => scratch.drop());

function newPaper(assessmentId: string): NewQuestionPaper {
  const { studentId: _, ...paper } = newSubmission(school, assessmentId);
  return paper;
}

const analysisOf = (prompt: string): PaperAnalysis => ({
  proposals: [{ number: '1', prompt, maxScore: null, page: 1, box: [1, 2, 3, 4], confidence: 0.5, section: null, choiceGroup: null }],
  sections: [],
  choices: [],
  total: { stated: null, sum: null },
});

it('is recorded once, analysed once, and keeps its first end', async () => {
  const input = newPaper(await addAssessment(database, school.teacher));
  const first = await papers.record(input);
  expect(await papers.record({ ...input, label: 'another' })).toEqual(first);
  await papers.saveAnalysis(input.id, [page(1), page(2, 'NUL \0 here')], analysisOf('with \0 in it'));
  await papers.saveAnalysis(input.id, [page(1, 'later')], analysisOf('later'));
  await papers.fail({ id: input.id }, { code: 'LATE', detail: 'Too late.' });
  const paper = await papers.find(input.id);
  expect(paper).toMatchObject({ status: 'READY', reasonCode: null, bytes: 3_000_000_000 });
  expect(paper?.analysis).toEqual(analysisOf('with \uFFFD in it'));
  expect(await papers.findPage(input.id, 1)).toEqual(page(1));
  expect((await papers.findPage(input.id, 2))?.text).toBe('NUL \uFFFD here');
  expect(await papers.nextRun(input.id, { ifRun: 1 })).toBeNull();
});

it('is started again by one of two who saw the same run', async () => {
  const input = newPaper(await addAssessment(database, school.teacher));
  await papers.record(input);
  const started = await Promise.all([papers.nextRun(input.id, { ifRun: 1 }), papers.nextRun(input.id, { ifRun: 1 })]);
  expect(started.filter(Boolean)).toMatchObject([{ run: 2 }]);
  expect((await papers.listUnfinished(500)).map(({ id }) => id)).toContain(input.id);
  await papers.fail({ id: input.id }, { code: 'PAPER_UNREADABLE', detail: 'No page.' });
  expect((await papers.listUnfinished(500)).map(({ id }) => id)).not.toContain(input.id);
  expect(await papers.nextRun(input.id, { ifRun: 2 })).toBeNull();
  const retried = await Promise.all([1, 2].map(() => papers.nextRun(input.id, { ifRun: 2, fromFailed: true })));
  expect(retried.filter(Boolean)).toMatchObject([{ run: 3, status: 'PROCESSING', reasonCode: null }]);
});

it('is not confirmed by halves: without its assessment nothing is saved', async () => {
  const assessmentId = await addAssessment(database, school.teacher);
  const input = newPaper(assessmentId);
  await papers.record(input);
  await papers.saveAnalysis(input.id, [], analysisOf('x'));
  const confirm = (ifVersion: number) =>
    papers.confirm({ id: input.id, questions: [question('1', 2)], hash: 'h', by: school.teacher.userId, ifVersion });
  await expect(confirm(7)).rejects.toMatchObject({ code: 'PRECONDITION_FAILED' });
  await database.assessments.remove(assessmentId);
  await expect(confirm(0)).rejects.toMatchObject({ code: 'ASSESSMENT_NOT_FOUND' });
  expect(await papers.find(input.id)).toMatchObject({ status: 'READY', confirmedVersion: null });
});
