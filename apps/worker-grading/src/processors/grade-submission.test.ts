import { randomUUID } from 'node:crypto';
import { Readable } from 'node:stream';
import { type Question, QuestionInput } from '@gradeflow/contracts';
import { UnavailableError } from '@gradeflow/errors';
import { createOfflineGrader, type Grader } from '@gradeflow/grading';
import type { Spool } from '@gradeflow/spool';
import { type Storage, storageKeys } from '@gradeflow/storage';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type GradingTest, pageOf, question, startGradingTest } from '../testing/grading-test.ts';

let test: GradingTest;
let spool: Spool;
let storage: Storage;
let announced: string[];

beforeAll(async () => {
  test = await startGradingTest();
  ({ spool, storage, announced } = test);
});
afterAll(() => test.close());

const upload: GradingTest['upload'] = (pages, options) => test.upload(pages, { questions: questions(), ...options });
const run: GradingTest['run'] = (...given) => test.run(...given);

const questions = () => [
  question('1', 2, { type: 'keywords', groups: [{ anyOf: ['gravity'] }] }),
  question('2', 1, { type: 'numeric', value: 9.81, tolerance: { abs: 0.01 }, units: [{ symbol: 'm/s^2', factor: 1 }] }),
];

const sheet = [pageOf(1, ['1. The apple falls because of gravity', '2. It is 9.81 m/s^2'])];

/** A grader that does something once, in the middle of the work. */
function interrupted(by: () => Promise<unknown>): Grader {
  const grader = createOfflineGrader();
  let done: Promise<unknown> | undefined;
  return {
    kind: 'offline',
    grade: async (request) => {
      done ??= by();
      await done;
      return grader.grade(request);
    },
  };
}

/** The built-in grader in a model's place; keeps which criteria it was asked for. */
function countingModel(): Grader & { asked: string[] } {
  const grader = createOfflineGrader();
  const asked: string[] = [];
  return {
    kind: 'openai',
    asked,
    grade: async (request) => {
      for (const { id } of request.question.rubric?.criteria ?? []) asked.push(`${request.question.number} ${id}`);
      return { ...(await grader.grade(request)), grader: 'openai' };
    },
  };
}

describe('a regrade', () => {
  const says = (id: string, word: string, points: number) => ({
    ...{ id, description: `says ${word}`, points },
    match: { type: 'keywords', groups: [{ anyOf: [word] }] },
  });
  const falling = (criteria: object[], maxScore = 3): Question => ({
    ...QuestionInput.parse({ number: '1', maxScore, rubric: { criteria } }),
    id: '0197a000-0000-7000-8000-000000000001',
  });
  const [, second] = questions() as [Question, Question];

  it('asks only for what was edited; history and people’s decisions stay', async () => {
    const first = falling([says('a', 'gravity', 2), says('b', 'apple', 1)]);
    const { id, payload, school } = await upload(sheet, { questions: [first, second], sampleShare: 0 });
    const { gradings, submissions, assessments } = test.database;
    await run(payload, { grader: countingModel() });
    let number = 1;
    const regrade = async (list: Question[]) => {
      await assessments.saveQuestions(school.assessment.id, list, school.people.teacher);
      await submissions.nextRun(id, { fromFailed: false, stages: ['grade'] });
      const grader = countingModel();
      await run({ submissionId: id, run: ++number }, { grader });
      return { asked: grader.asked, grading: await gradings.findCurrent(id) };
    };
    const byPoints = await regrade([falling([says('a', 'gravity', 1), says('b', 'apple', 4)], 5), second]);
    expect(byPoints).toMatchObject({ asked: [], grading: { score: 6, maxScore: 6, rubricVersion: 2, grader: 'openai' } });
    expect(byPoints.grading?.questions[0]?.criteria[0]?.evidence).toEqual([{ text: 'gravity', page: 1, box: [760, 100, 100, 20] }]);
    const byPhrase = await regrade([falling([says('a', 'gravity', 1), says('b', 'falls', 4)], 5), second]);
    expect(byPhrase).toMatchObject({ asked: ['1 b'], grading: { score: 6 } });
    expect(byPhrase.grading?.questions[0]?.criteria[1]?.evidence).toMatchObject([{ text: 'falls', page: 1 }]);
    const current = await gradings.findCurrentResult(id, first.id);
    if (!current) throw new Error('no result');
    const result = { ...current.result, score: 4 };
    await gradings.saveDecision({ id: randomUUID(), submissionId: id, by: school.people.teacher, rubricVersion: 3, result });
    const decided = await regrade([falling([says('a', 'gravity', 3)]), second]);
    expect(decided).toMatchObject({
      asked: [],
      grading: { grader: 'human', score: 4, maxScore: 4, questions: [{ score: 3, maxScore: 3 }, {}] },
    });
    expect((await gradings.list(id)).map(({ rubricVersion, grader }) => [rubricVersion, grader])).toEqual([
      [4, 'openai'],
      [3, 'human'],
      [3, 'openai'],
      [2, 'openai'],
      [1, 'openai'],
    ]);
  });
});

describe('grade-submission', () => {
  it('grades a sheet: marks with places on the page, pages and pictures kept, told about, spool cleared', async () => {
    const { id, payload } = await upload(sheet);
    const result = await run(payload);
    expect(result).toEqual({ status: 'GRADED', gradingId: expect.any(String) });
    const grading = await test.database.gradings.findCurrent(id);
    expect(grading).toMatchObject({ id: result.gradingId, score: 3, maxScore: 3, grader: 'offline', rubricVersion: 1, unassigned: [] });
    expect(grading?.questions[0]).toMatchObject({
      number: '1',
      score: 2,
      needsReview: false,
      answerText: 'The apple falls because of gravity',
      criteria: [{ decision: 'MET', evidence: [{ text: 'gravity', page: 1, box: [760, 100, 100, 20] }] }],
      regions: [{ page: 1, box: [210, 100, 650, 20] }],
    });
    expect(await test.database.submissions.find(id)).toMatchObject({ status: 'GRADED', waitingCause: null });
    expect(await test.database.pages.listAll(id)).toEqual(sheet);
    expect(`${await storage.readBytes(storageKeys.pagePicture(id, 1))}`).toBe('picture 1');
    expect(announced).toContain(result.gradingId);
    expect(await spool.findManifest(id)).toBeNull();
  });

  it('leaves one grading behind however often it runs, and only finishes what comes after', async () => {
    const { id, payload } = await upload(sheet, { persisted: false });
    const first = await run(payload);
    expect(await spool.findManifest(id)).not.toBeNull();
    const at = new Date();
    await test.database.stages.complete(id, 'persist', { startedAt: at, finishedAt: at }, 1);
    const neverAsked = interrupted(() => Promise.reject(new Error('graded again')));
    expect(await run(payload, { grader: neverAsked })).toEqual(first);
    expect(await run(payload)).toEqual(first);
    expect(await test.database.gradings.list(id)).toHaveLength(1);
    expect(await spool.findManifest(id)).toBeNull();
  });

  it('waits for questions, and grades from the stored pages once there are some', async () => {
    const { id, payload, school } = await upload(sheet, { questions: [] });
    const told = announced.length;
    expect(await run(payload)).toEqual({ status: 'NEEDS_REVIEW', gradingId: null });
    expect(await test.database.submissions.find(id)).toMatchObject({ status: 'NEEDS_REVIEW', waitingCause: 'NO_QUESTIONS' });
    expect(announced).toHaveLength(told);
    expect(await spool.findManifest(id)).toBeNull();
    await test.database.assessments.saveQuestions(school.assessment.id, questions(), school.people.teacher);
    await test.database.submissions.nextRun(id, { fromFailed: false, stages: ['grade'] });
    expect(await run({ submissionId: id, run: 2 })).toMatchObject({ status: 'GRADED' });
    expect(await test.database.gradings.findCurrent(id)).toMatchObject({ run: 2, score: 3, rubricVersion: 1 });
  });

  it('sends a sheet with an unreadable page to review', async () => {
    const { id, payload } = await upload([
      ...sheet,
      pageOf(2, [], { text: '', words: [], confidence: 0, engine: 'unreadable', failure: 'broken' }),
    ]);
    expect(await run(payload)).toMatchObject({ status: 'NEEDS_REVIEW' });
    expect(await test.database.submissions.find(id)).toMatchObject({ status: 'NEEDS_REVIEW', waitingCause: 'REVIEW' });
    const questionsOfIt = (await test.database.gradings.findCurrent(id))?.questions ?? [];
    for (const graded of questionsOfIt) expect(graded.reviewReasons).toContain('OCR_UNCERTAIN');
  });

  it('samples for review by share, the same way each time', async () => {
    const { id, payload } = await upload(sheet, { sampleShare: 1 });
    expect(await run(payload)).toMatchObject({ status: 'NEEDS_REVIEW' });
    const graded = (await test.database.gradings.findCurrent(id))?.questions.map(({ score, reviewReasons }) => ({ score, reviewReasons }));
    expect(graded).toEqual([2, 1].map((score) => ({ score, reviewReasons: ['SAMPLED'] })));
  });

  it('does nothing for a deleted sheet but clear what is left of it', async () => {
    const { id, payload } = await upload(sheet);
    await storage.putBytes(storageKeys.pagePicture(id, 1), Buffer.from('left over'));
    await spool.markDeleted(id);
    expect(await run(payload)).toEqual({ status: 'SKIPPED', gradingId: null });
    expect(await storage.find(storageKeys.pagePicture(id, 1))).toBeNull();
    expect(await spool.findManifest(id)).toBeNull();
    expect(await test.database.gradings.list(id)).toEqual([]);
  });

  it.each([
    ['in the database', (id: string) => test.database.submissions.markDeleted(id)],
    ['in the spool', (id: string) => spool.markDeleted(id)],
  ])('leaves nothing behind when the sheet is deleted %s while it is graded', async (_where, remove) => {
    const { id, payload } = await upload(sheet);
    const result = await run(payload, { grader: interrupted(() => remove(id)) });
    expect(result).toEqual({ status: 'SKIPPED', gradingId: null });
    expect(await storage.find(storageKeys.pagePicture(id, 1))).toBeNull();
    expect(await spool.findManifest(id)).toBeNull();
  });

  it('writes nothing when another holder has taken the fence meanwhile, and nothing for an older run', async () => {
    const { id, payload } = await upload(sheet);
    const late = run(payload, { grader: interrupted(() => test.database.submissions.takeFence(id)) });
    await expect(late).rejects.toMatchObject({ code: 'FENCED', retryable: false });
    expect(await test.database.gradings.list(id)).toEqual([]);
    await test.database.submissions.nextRun(id, { fromFailed: false, stages: ['grade'] });
    await expect(run(payload)).rejects.toMatchObject({ code: 'FENCED' });
    expect(await run({ submissionId: id, run: 2 })).toMatchObject({ status: 'GRADED' });
  });

  it('counts as done when only the notice could not be enqueued', async () => {
    const { id, payload } = await upload(sheet);
    const away = { enqueueNotification: () => Promise.reject(new UnavailableError({ code: 'QUEUE_UNAVAILABLE', detail: 'away' })) };
    expect(await run(payload, { producer: away })).toMatchObject({ status: 'GRADED' });
    expect(await test.database.gradings.listUnannounced(-60_000, 1000)).toContain((await test.database.gradings.findCurrent(id))?.id);
  });

  it('is tried again while pages or the row are missing', async () => {
    const { payload } = await upload(sheet, { pagesTotal: 2 });
    await expect(run(payload)).rejects.toMatchObject({ code: 'PAGES_MISSING', retryable: true });
    const id = randomUUID();
    const entry = await spool.begin(id);
    const file = await entry.receiveFile(0, Readable.from([Buffer.from('%PDF-1.7')]), { maxBytes: 1000 });
    await entry.commit({
      ...{
        submissionId: id,
        institutionId: randomUUID(),
        userId: randomUUID(),
        userRole: 'TEACHER',
        assessmentId: randomUUID(),
        studentId: null,
        label: null,
      },
      ...{ acceptedAt: new Date().toISOString(), requestId: 'test', pagesTotal: 1 },
      files: [{ path: 'original/1.pdf', name: 's.pdf', mediaType: 'application/pdf', bytes: file.bytes, sha256: file.sha256, pages: 1 }],
    });
    await expect(run({ submissionId: id, run: 1 })).rejects.toMatchObject({ code: 'SUBMISSION_NOT_RECORDED', retryable: true });
    expect(await run({ submissionId: randomUUID(), run: 1 })).toEqual({ status: 'SKIPPED', gradingId: null });
  });
});
