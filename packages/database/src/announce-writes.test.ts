import { randomUUID } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { createDatabase } from './create-database.ts';
import { addAssessment, machineGrading, newSubmission, question, type School, seedSchool } from './testing/samples.ts';
import { createScratchDatabase, type ScratchDatabase } from './testing/scratch-database.ts';
import type { Database } from './types.ts';

let scratch: ScratchDatabase;
let database: Database;
let school: School;
let assessmentId: string;
let told: string[];
/** What was in Postgres, past the repositories, when it was told. */
let look: () => Promise<unknown>;
let seen: unknown;
beforeEach(async () => {
  scratch = await createScratchDatabase();
  look = async () => null;
  database = createDatabase({
    url: scratch.url,
    onWrite: async (tags) => {
      told.push(...tags);
      seen = await look();
    },
  });
  told = [];
  school = await seedSchool(database);
  assessmentId = await addAssessment(database, school.teacher, { courseId: school.courseId });
  told = [];
});
afterEach(async () => {
  await database.close();
  await scratch.drop();
});

const both = () => [`institution:${school.institutionId}`, `assessment:${assessmentId}`].sort();
async function toldBy(write: Promise<unknown>): Promise<string[]> {
  told = [];
  await write;
  return [...new Set(told)].sort();
}

describe('a write tells what it changed', () => {
  it('all along the life of a submission, also when it is deleted', async () => {
    const { submissions, gradings } = database;
    const input = newSubmission(school, assessmentId);
    expect(await toldBy(submissions.record(input))).toEqual(both());
    expect(await toldBy(submissions.update(input.id, { label: 'x' }))).toEqual(both());
    const fence = (await submissions.takeFence(input.id)) ?? 0;
    const grading = {
      submissionId: input.id,
      run: 1,
      fence,
      pages: [],
      status: 'GRADED',
      waitingCause: null,
      grading: machineGrading(3),
    } as const;
    expect(await toldBy(gradings.saveMachineGrading({ ...grading, pages: [] }))).toEqual(both());
    // What a worker does again after it was killed tells again.
    expect(await toldBy(gradings.saveMachineGrading({ ...grading, pages: [] }))).toEqual(both());
    expect(await toldBy(submissions.nextRun(input.id, { fromFailed: false, stages: ['grade'] }))).toEqual(both());
    expect(await toldBy(submissions.fail({ id: input.id }, { code: 'X', detail: 'no' }))).toEqual(both());
    expect(await toldBy(submissions.markDeleted(input.id.toUpperCase()))).toEqual(both());
    expect(await toldBy(submissions.find(input.id))).toEqual([]);
  });

  it('of assessments, courses, people and question banks', async () => {
    const { assessments, courses, users, profiles, questionBanks } = database;
    const institution = `institution:${school.institutionId}`;
    expect(await toldBy(assessments.update(assessmentId, { title: 'x' }))).toEqual(both());
    expect(await toldBy(assessments.saveQuestions(assessmentId, [question('1', 1)], school.teacher.userId))).toEqual(both());
    expect(await toldBy(database.reviews.rejudge(assessmentId, 0.5))).toEqual(both());
    expect(await toldBy(assessments.remove(assessmentId))).toEqual(both());
    expect(await toldBy(courses.enrol(school.courseId, school.colleague.userId))).toEqual([institution]);
    const person = {
      id: randomUUID(),
      institutionId: school.institutionId,
      email: 'x@example.org',
      name: 'X',
      role: 'STUDENT',
      passwordHash: null,
    } as const;
    expect(await toldBy(users.insert(person))).toEqual([institution]);
    expect(await toldBy(profiles.update(person.id, { name: 'Y' }))).toEqual([institution, `user:${person.id}`]);
    const bank = await questionBanks.insert({
      id: randomUUID(),
      institutionId: school.institutionId,
      createdBy: school.teacher.userId,
      name: 'B',
    });
    const [banks, own] = [`banks:${school.institutionId}`, `bank:${bank.id}`];
    expect(await toldBy(questionBanks.insertQuestion(bank.id, question('1', 1)))).toEqual([own, banks, institution].sort());
    expect(await toldBy(questionBanks.remove(bank))).toEqual([own, banks, institution].sort());
  });

  it('after the commit, before the call resolves', async () => {
    look = () => scratch.query('SELECT title FROM assessment WHERE id = $1', [assessmentId]);
    await database.assessments.update(assessmentId, { title: 'committed' });
    expect(seen).toEqual([{ title: 'committed' }]);
  });

  it('and not when it fails', async () => {
    const refused = database.assessments.update(randomUUID(), { title: 'x' });
    await expect(refused).rejects.toMatchObject({ code: 'ASSESSMENT_NOT_FOUND' });
    expect(told).toEqual([]);
  });
});

it('epochs rise, one for each who raises, and everybody finds the same', async () => {
  const { cacheEpochs } = database;
  const first = await cacheEpochs.find();
  expect(await cacheEpochs.find()).toBe(first);
  const raised = await Promise.all(Array.from({ length: 5 }, () => cacheEpochs.raise()));
  expect(new Set(raised).size).toBe(5);
  expect(Math.min(...raised)).toBeGreaterThan(first);
  expect(await cacheEpochs.find()).toBe(Math.max(...raised));
});
